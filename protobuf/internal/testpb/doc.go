// Package testpb is what protoc's Go plugin makes of protobuf/testdata/proto, for tests.
package testpb

//go:generate go run ../../../internal/pbgen -I ../../testdata/proto -module github.com/concord-go/concord/protobuf/internal/testpb acme/events/user_event.proto acme/events/nested.proto acme/events/tree.proto acme/events/many.proto acme/events/edition.proto acme/events/fast.proto acme/parts/country.proto acme/parts/address.proto acme/parts/money.proto acme/legacy/order.proto
