//go:build race

package inflight_test

const raceEnabled = true
