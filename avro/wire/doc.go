// Package wire is what the code that concord gen avro writes runs on: Avro's binary
// encoding (Avro 1.12, "Binary Encoding"), piece by piece. Package avro stands on the
// same pieces. Programs call the generated methods AppendAvro and DecodeAvro, or
// package avro, and not this package; its functions fit that code and no other.
//
// # Reading
//
// A position goes from function to function: each takes the one at which it reads and
// returns the one after, or [Failed], which all the others pass on. So generated code
// checks once in a while and not for each field. There is no reason with it: bytes that
// generated code cannot read are read again by package avro, whose error says
// what is wrong and where. Therefore a function may fail on data that are valid
// but unusual, and the only cost is time; what it must not do is read another value
// than package avro does.
//
// # Versions
//
// Generated code refers to the constant of the version it was made for, as in
//
//	const _ = wire.Version1
//
// and does not compile where the library has another: generate it again then.
//
// Functions are safe for concurrent use; a [Reader] belongs to one goroutine.
package wire

// Version1 says that the library has what generated code of version 1 needs.
const Version1 = true
