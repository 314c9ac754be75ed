//go:build !(amd64 || arm64)

// Package hyperpb is for amd64 and arm64: elsewhere it is empty, and protobuf.Dynamic
// reads.
package hyperpb
