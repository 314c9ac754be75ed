package avrogen

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Options says how code is generated.
type Options struct {
	Package string // the package's name; it must be given
}

// Output is a generated file.
type Output struct {
	Name string // without a directory
	Text []byte
}

// Generate makes the Go files of one package for the schemas, one for each source that
// defines types. The same sources in the same order give the same bytes. Its errors are of
// type [*Error], several of them joined.
func Generate(sources []Source, opts Options) ([]Output, error) {
	if !isPackageName(opts.Package) {
		return nil, &Error{Reason: fmt.Sprintf("%s is no name for a package", quoted(opts.Package))}
	}
	if len(sources) == 0 {
		return nil, &Error{Reason: "no schema is given"}
	}
	all, err := load(sources)
	if err != nil {
		return nil, err
	}
	p, err := build(opts.Package, all)
	if err != nil {
		return nil, err
	}
	var outputs []Output
	for _, f := range p.Files {
		e := newEmitter()
		e.use(importWire)
		e.printf("// What is generated fits the library that it was generated with; generate it again where\n// this does not compile.\nconst _ = wire.Version1\n\n")
		for _, t := range f.Types {
			e.emitType(t)
			e.methods(t)
		}
		text, err := e.file(p.Name, f.Source)
		if err != nil {
			return nil, &Error{Source: f.Source, Reason: "the generated code does not parse", Err: err}
		}
		outputs = append(outputs, Output{f.Name, text})
	}
	return outputs, nil
}

// Write puts the files into a directory, which is made if it is not there. Files that
// are there are replaced where Generate made them; where somebody else did, nothing is
// written and the error matches [fs.ErrExist].
func Write(dir string, outputs []Output) error {
	for _, o := range outputs {
		switch old, err := os.ReadFile(filepath.Join(dir, o.Name)); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case !bytes.HasPrefix(bytes.ReplaceAll(old, []byte("\r\n"), []byte("\n")), []byte(header)):
			return &Error{Reason: fmt.Sprintf("%s is not a file that concord generated: move it, or rename the schema", filepath.Join(dir, o.Name)), Err: fs.ErrExist}
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, o := range outputs {
		if err := replaceFile(filepath.Join(dir, o.Name), o.Text); err != nil {
			return err
		}
	}
	return nil
}

// replaceFile writes a file in one step, so that a build never sees half of it. One
// that is the same already is left alone.
func replaceFile(path string, text []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".concord-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
