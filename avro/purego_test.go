//go:build purego

package avro_test

// pureGo says that the tests run on the safe memory model, which may allocate.
const pureGo = true
