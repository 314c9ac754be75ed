//go:build amd64 || arm64

// Package hyperpb reads Protobuf messages without generated code by way of
// buf.build/go/hyperpb, which is several times as fast as dynamicpb.
//
//	d, err := serde.NewDeserializer(reg, hyperpb.Dynamic())
//	var m *buf.Message
//	_, err = d.Deserialize(ctx, serde.ValueOf("events"), data, &m)
//	json, err := protobuf.AppendJSON(nil, m)
//
// A message that was read is looked at through protoreflect, and cannot be changed.
// hyperpb is for amd64 and arm64, calls itself experimental and works with unsafe
// memory throughout: whoever reads bytes of others with it relies on its care, and not
// on concord's. It is a module of its own: go get
// github.com/concord-go/concord/protobuf/hyperpb.
package hyperpb

import (
	buf "buf.build/go/hyperpb"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/concord-go/concord/protobuf"
)

// Dynamic is [protobuf.Dynamic] with hyperpb's messages. A message type is compiled once.
func Dynamic(opts ...protobuf.DynamicOption) *protobuf.Format[*buf.Message] {
	return protobuf.DynamicAs(compile, opts...)
}

func compile(prototype *dynamicpb.Message, depth int) (func(payload []byte) (*buf.Message, error), error) {
	files := new(protoregistry.Files)
	if err := collect(prototype.Descriptor().ParentFile(), files); err != nil {
		return nil, err
	}
	typ := buf.CompileMessageDescriptor(prototype.Descriptor(), buf.WithExtensionsFromFiles(files))
	limit := buf.WithMaxDepth(depth)
	required := requires(prototype.Descriptor(), make(map[protoreflect.FullName]bool))
	return func(payload []byte) (*buf.Message, error) {
		m := buf.NewMessage(typ)
		if err := m.Unmarshal(payload, limit); err != nil {
			return nil, err
		}
		if required {
			return m, m.Initialized()
		}
		return m, nil
	}, nil
}

// requires reports whether the message has required fields, somewhere in it: to look
// for those that are not set takes long.
func requires(m protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) bool {
	if seen[m.FullName()] {
		return false
	}
	seen[m.FullName()] = true
	if m.RequiredNumbers().Len() > 0 || m.ExtensionRanges().Len() > 0 {
		return true
	}
	for i := range m.Fields().Len() {
		if inner := m.Fields().Get(i).Message(); inner != nil && requires(inner, seen) {
			return true
		}
	}
	return false
}

// collect registers a file after those that it imports.
func collect(fd protoreflect.FileDescriptor, files *protoregistry.Files) error {
	if _, err := files.FindFileByPath(fd.Path()); err == nil {
		return nil
	}
	for i := range fd.Imports().Len() {
		if err := collect(fd.Imports().Get(i).FileDescriptor, files); err != nil {
			return err
		}
	}
	return files.RegisterFile(fd)
}
