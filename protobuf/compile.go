package protobuf

import (
	"context"
	"embed"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"github.com/bufbuild/protocompile/reporter"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/concord-go/concord/serde"
)

// builtinFiles are the files of google/type and confluent, whose descriptors no program
// is bound to have. Those of google/protobuf come with the compiler.
//
//go:embed builtin
var builtinFiles embed.FS

// rootPath names the compiled file itself, which has no path in a registry.
const rootPath = "schema.proto"

// compileWriter compiles a schema that a registry gave; its file is the first.
func compileWriter(w serde.WriterSchema) (linker.Files, error) {
	if err := checkWriter(w); err != nil {
		return nil, err
	}
	texts := make(map[string]string)
	for _, r := range w.Referenced {
		if _, ok := texts[r.Name]; !ok {
			texts[r.Name] = r.Schema.Text
		}
	}
	return compileText(w.Text, texts)
}

// compileText compiles a file. An import that nobody gave counts as an empty file:
// registries take unused ones that they do not have.
func compileText(text string, imports map[string]string) (linker.Files, error) {
	root := rootPath
	for imports[root] != "" {
		root = "_" + root
	}
	c := protocompile.Compiler{
		MaxParallelism: 1, // it costs least, and a hostile text must not take all processors
		Reporter:       reporter.NewReporter(nil, nil),
		Resolver: protocompile.WithStandardImports(protocompile.ResolverFunc(func(path string) (protocompile.SearchResult, error) {
			if path == root {
				return source(path, text)
			}
			if text, ok := imports[path]; ok {
				return source(path, text)
			}
			if strings.HasPrefix(path, "google/protobuf/") {
				return protocompile.SearchResult{}, errors.New("not here") // the compiler's own
			}
			if b, err := builtinFiles.ReadFile("builtin/" + path); err == nil {
				return protocompile.SearchResult{Source: strings.NewReader(string(b))}, nil
			}
			return protocompile.SearchResult{Source: strings.NewReader(`syntax = "proto3";`)}, nil
		})),
	}
	files, err := c.Compile(context.Background(), root)
	if err != nil {
		return nil, compileError(err)
	}
	return files, nil
}

// source is a text for the compiler. Our own parser sees it first, for it has limits.
func source(path, text string) (protocompile.SearchResult, error) {
	if p := serialized(text); p != nil {
		p.Name = &path // the importing file's word for it counts
		return protocompile.SearchResult{Proto: p}, nil
	}
	f, err := parseFile(text)
	if err != nil {
		return protocompile.SearchResult{}, err
	}
	if mapEntriesToMaps(f) || strings.ContainsFunc(text, unprintable) {
		text = renderer{escape: true}.file(f)
	}
	return protocompile.SearchResult{Source: strings.NewReader(text)}, nil
}

// unprintable is what compilers do not take within strings, where registries leave it.
func unprintable(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f || r == utf8.RuneError
}

func compileError(err error) error {
	if e, ok := errors.AsType[*SchemaError](err); ok {
		return e
	}
	if e, ok := errors.AsType[reporter.ErrorWithPos](err); ok {
		at := e.GetPosition()
		reason := e.Unwrap().Error()
		if at.Filename != rootPath && at.Filename != "" {
			return invalid("import %q: line %d, column %d: %s", at.Filename, at.Line, at.Col, reason)
		}
		return &SchemaError{Line: at.Line, Column: at.Col, Reason: reason}
	}
	return invalid("%v", err)
}

// mapEntriesToMaps turns messages with the option map_entry, which Java's client writes
// out and compilers refuse, into maps again. It reports whether there were any.
func mapEntriesToMaps(f *file) bool {
	changed := false
	var inside func(m *message)
	inside = func(m *message) {
		entries := make(map[string]*message)
		m.messages = slices.DeleteFunc(m.messages, func(inner *message) bool {
			inside(inner)
			isEntry := slices.ContainsFunc(inner.options, func(o option) bool { return o.name == "map_entry" && o.value.text == "true" })
			if isEntry = isEntry && len(inner.fields) == 2; isEntry {
				entries[inner.name] = inner
				changed = true
			}
			return isEntry
		})
		for _, field := range m.fields {
			local := field.typ[strings.LastIndexByte(field.typ, '.')+1:]
			if e := entries[local]; e != nil && field.label == "repeated" {
				field.label, field.key, field.typ = "", e.fields[0].typ, e.fields[1].typ
			}
		}
	}
	for _, m := range f.messages {
		inside(m)
	}
	return changed
}

// parseSerialized reads a descriptor by way of its text.
func parseSerialized(text string, references []Reference) (*Schema, error) {
	texts := make(map[string]string)
	referenceTexts(references, texts)
	files, err := compileText(text, texts)
	if err != nil {
		return nil, err
	}
	if text, err = fileText(files[0]); err != nil {
		return nil, err
	}
	return Parse(text, references...)
}

// referenceTexts are the texts of files and of all that they import.
func referenceTexts(references []Reference, texts map[string]string) {
	for _, r := range references {
		if _, ok := texts[r.Path]; !ok && r.Schema != nil {
			texts[r.Path] = r.Schema.text
			referenceTexts(r.Schema.references, texts)
		}
	}
}

// descriptorName is what the reference registry calls a file that it serializes.
const descriptorName = "default"

// entriesLast moves the entries of maps behind the messages that are declared, so that message indexes which
// count them and those that do not are the same.
func entriesLast(all []*descriptorpb.DescriptorProto) {
	for _, m := range all {
		entry := func(m *descriptorpb.DescriptorProto) int {
			if m.GetOptions().GetMapEntry() {
				return 1
			}
			return 0
		}
		slices.SortStableFunc(m.NestedType, func(a, b *descriptorpb.DescriptorProto) int { return entry(a) - entry(b) })
		entriesLast(m.NestedType)
	}
}

// Descriptor is the file as a serialized google.protobuf.FileDescriptorProto, named
// "default" for want of a path, with the entries of maps after other nested messages as the reference has
// them. A text that registries take and compilers do not has
// none: the error is a [*SchemaError].
func (s *Schema) Descriptor() ([]byte, error) {
	texts := make(map[string]string)
	referenceTexts(s.references, texts)
	files, err := compileText(s.text, texts)
	if err != nil {
		return nil, err
	}
	p := protodesc.ToFileDescriptorProto(files[0])
	p.Name = proto.String(descriptorName)
	entriesLast(p.MessageType)
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(p)
	if err != nil {
		return nil, invalid("%v", err)
	}
	return b, nil
}
