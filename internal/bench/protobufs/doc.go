// Package protobufs has the Protobuf records: events is what protoc-gen-go makes of
// them, and fast has the methods of vtprotobuf, too.
package protobufs

//go:generate go run github.com/concord-go/concord/internal/pbgen -module github.com/concord-go/concord/internal/bench/protobufs event.proto fast.proto
//go:generate go run github.com/concord-go/concord/internal/pbgen -module github.com/concord-go/concord/internal/bench/protobufs -plugin "go run github.com/planetscale/vtprotobuf/cmd/protoc-gen-go-vtproto" -opt features=marshal+unmarshal+size fast.proto
