package protobuf_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bufbuild/protocompile"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/concord-go/concord/protobuf"
)

const protoDir = "testdata/proto"

// sources are the files of testdata/proto by their import paths.
func sources(t testing.TB) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(protoDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(protoDir, path)
		all[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatal(len(all), err)
	}
	return all
}

// compile is what a compiler makes of a file.
func compile(t testing.TB, files map[string]string, path string) protoreflect.FileDescriptor {
	t.Helper()
	c := protocompile.Compiler{Resolver: protocompile.WithStandardImports(protocompile.ResolverFunc(func(path string) (protocompile.SearchResult, error) {
		text, ok := files[path]
		if !ok {
			return protocompile.SearchResult{}, protoregistry.NotFound
		}
		return protocompile.SearchResult{Source: strings.NewReader(text)}, nil
	}))}
	compiled, err := c.Compile(context.Background(), path)
	if err != nil {
		t.Fatalf("%s: %v\n%s", path, err, files[path])
	}
	return compiled[0]
}

// bare is a file as bytes say it: options that nobody defined here are unknown fields.
func bare(t testing.TB, fd protoreflect.FileDescriptor) *descriptorpb.FileDescriptorProto {
	t.Helper()
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(protodesc.ToFileDescriptorProto(fd))
	if err != nil {
		t.Fatal(err)
	}
	p := new(descriptorpb.FileDescriptorProto)
	if err := (proto.UnmarshalOptions{Resolver: new(protoregistry.Types)}).Unmarshal(b, p); err != nil {
		t.Fatal(err)
	}
	return p
}

func sameText(t *testing.T, files map[string]string, fd protoreflect.FileDescriptor) {
	t.Helper()
	text, err := protobuf.FileText(fd)
	if err != nil {
		t.Fatalf("%s: %v", fd.Path(), err)
	}
	others := make(map[string]string)
	for path, other := range files {
		others[path] = other
	}
	others[fd.Path()] = text
	again := compile(t, others, fd.Path())
	if d := cmp.Diff(bare(t, fd), bare(t, again), protocmp.Transform()); d != "" {
		t.Errorf("%s: the text\n%s\nmeans something else (-want +got):\n%s", fd.Path(), text, d)
	}
	second, err := protobuf.FileText(again)
	if err != nil || second != text {
		t.Errorf("%s: of the text\n%s\ncomes another (%v)\n%s", fd.Path(), text, err, second)
	}
}

func TestTheTextOfADescriptorMeansTheSame(t *testing.T) {
	t.Parallel()
	files := sources(t)
	for path := range files {
		sameText(t, files, compile(t, files, path))
	}
}

// Those that are linked here, which protoc made.
func TestTheTextOfGoogleFilesMeansTheSame(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"any", "api", "descriptor", "duration", "empty", "field_mask", "source_context", "struct", "timestamp", "type", "wrappers", "compiler/plugin", "cpp_features", "java_features", "go_features",
	} {
		sameText(t, nil, compile(t, nil, "google/protobuf/"+name+".proto"))
	}
	n := 0
	protoregistry.GlobalFiles.RangeFiles(func(fd protoreflect.FileDescriptor) bool {
		if strings.HasPrefix(fd.Path(), "google/protobuf/") {
			n++
			sameText(t, nil, fd)
		}
		return true
	})
	if n < 5 {
		t.Errorf("%d files only", n)
	}
}

// The registry's own parser must take what we send it, and find the same types in it.
func TestTheTextOfADescriptorIsTakenByRegistries(t *testing.T) {
	t.Parallel()
	files := sources(t)
	parsed := make(map[string]*protobuf.Schema)
	var parse func(fd protoreflect.FileDescriptor) *protobuf.Schema
	parse = func(fd protoreflect.FileDescriptor) *protobuf.Schema {
		if s := parsed[fd.Path()]; s != nil {
			return s
		}
		var references []protobuf.Reference
		for i := range fd.Imports().Len() {
			imported := fd.Imports().Get(i)
			if !protobuf.IsBuiltinFile(imported.Path()) {
				references = append(references, protobuf.Reference{Path: imported.Path(), Schema: parse(imported.FileDescriptor)})
			}
		}
		text, err := protobuf.FileText(fd)
		if err != nil {
			t.Fatal(err)
		}
		s, err := protobuf.Parse(text, references...)
		if err != nil {
			t.Fatalf("%s: %v\n%s", fd.Path(), err, text)
		}
		byHand, err := protobuf.Parse(files[fd.Path()], references...)
		if err != nil {
			t.Fatalf("%s: %v", fd.Path(), err)
		}
		if d := protobuf.CheckCompatibility(byHand, s); len(d) != 0 {
			t.Errorf("%s: %v", fd.Path(), d)
		}
		parsed[fd.Path()] = s
		return s
	}
	for path, text := range files {
		if !strings.HasPrefix(text, "edition") { // registries take none
			parse(compile(t, files, path))
		}
	}
}

// A file as people write it comes back as it was, so that a schema registered from
// its file is found by a program that has the generated code.
func TestTheTextOfADescriptorIsThatOfTheFile(t *testing.T) {
	t.Parallel()
	files := sources(t)
	for _, path := range []string{"acme/events/user_event.proto", "acme/parts/address.proto", "acme/parts/country.proto", "acme/events/many.proto"} {
		fd := compile(t, files, path)
		text, err := protobuf.FileText(fd)
		if err != nil {
			t.Fatal(err)
		}
		var references []protobuf.Reference
		for i := range fd.Imports().Len() {
			imported := fd.Imports().Get(i).Path()
			if s, err := protobuf.Parse(files[imported], protobuf.Reference{Path: "acme/parts/country.proto", Schema: mustParse(t, files["acme/parts/country.proto"])}); err == nil {
				references = append(references, protobuf.Reference{Path: imported, Schema: s})
			}
		}
		if d := cmp.Diff(mustParse(t, files[path], references...).String(), mustParse(t, text, references...).String()); d != "" {
			t.Errorf("%s (-file +descriptor):\n%s", path, d)
		}
	}
}

func TestADescriptorThatIsTooDeepIsRefused(t *testing.T) {
	t.Parallel()
	inner := &descriptorpb.DescriptorProto{Name: proto.String("M")}
	for range 200 {
		inner = &descriptorpb.DescriptorProto{Name: proto.String("M"), NestedType: []*descriptorpb.DescriptorProto{inner}}
	}
	fd, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{Name: proto.String("deep.proto"), MessageType: []*descriptorpb.DescriptorProto{inner}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = protobuf.FileText(fd)
	if _, ok := errors.AsType[*protobuf.SchemaError](err); !ok {
		t.Error(err)
	}
}
