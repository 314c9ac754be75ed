//go:build race

package produce_test

// raceEnabled: sync.Pool drops items at random under the race detector.
const raceEnabled = true
