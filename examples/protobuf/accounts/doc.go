// Package accounts is what protoc's Go plugin makes of accounts.proto.
package accounts

//go:generate go run ../../../internal/pbgen -I .. -module github.com/concord-go/concord/examples/protobuf/accounts accounts.proto
