//go:build !race

package produce_test

const raceEnabled = false
