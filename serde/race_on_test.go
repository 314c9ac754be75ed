//go:build race || purego

package serde_test

// allocates says that this build allocates where the usual one does not: the race detector
// does, and so do avro's encoders without unsafe.
const allocates = true
