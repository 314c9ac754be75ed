// Package reroute makes and reads the envelopes of records that are written to another
// topic: dead letters, retry topics, and replays of dead letters. An envelope is headers.
// Everything here is a value or a pure function: no I/O, no goroutines, no clock.
//
// # Memory
//
// A record that is returned shares key, value and header values with the one it is made
// of. Its slice of headers is its own.
//
// # Trust
//
// Headers are not authenticated. What can be checked is checked: see [ParseDeadLetter] and
// [Retries.Parse]. The offset of an origin cannot be. Whoever may write to a retry topic
// or a dead-letter topic is trusted as whoever may write to its source topic. Whoever
// replays dead letters must check [Origin.Topic] against the topics that it expects.
package reroute
