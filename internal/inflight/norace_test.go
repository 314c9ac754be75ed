//go:build !race

package inflight_test

const raceEnabled = false
