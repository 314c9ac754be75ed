//go:build race

package serdetest

// raceEnabled: the race detector allocates where the program does not.
const raceEnabled = true
