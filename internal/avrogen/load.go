package avrogen

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/concord-go/concord/avro"
)

// Source is a schema to make code of.
type Source struct {
	Name string // of the file or of the registry's subject, as errors and the code show it
	Text string
}

// loaded is a source that is parsed.
type loaded struct {
	Source
	schema  *avro.Schema
	defines []*avro.Schema // the named types that the text defines, in its order; until all is parsed without what they need
	needs   []avro.Name    // the types that the text uses and does not define

	visit visit
}

// visit is how far a source is on its way through the order of all.
type visit uint8

const (
	notVisited visit = iota
	visiting
	visited
)

// load parses the sources, each with those whose types it uses as its references.
// They may stand in any order; the answer has that of the argument.
func load(sources []Source) ([]*loaded, error) {
	l := loader{first: make(map[avro.Name]*loaded)}
	for _, s := range sources {
		f, err := scan(s)
		if err != nil {
			return nil, err
		}
		l.all = append(l.all, f)
		for _, d := range f.defines {
			if l.first[d.Name()] == nil {
				l.first[d.Name()] = f
			}
		}
	}
	for _, f := range l.all {
		if err := l.parse(f); err != nil {
			return nil, err
		}
	}
	return l.all, l.checkTwins()
}

type loader struct {
	all   []*loaded
	first map[avro.Name]*loaded // the source that defines a type, the first where several do
	stack []*loaded
}

// maxNeeds bounds how many types a text may leave to others: each takes a reading of it.
const maxNeeds = 1000

// scan finds what a text defines and needs. It is parsed with a record in place of each
// type that it lacks.
func scan(s Source) (*loaded, error) {
	f := &loaded{Source: s}
	var stubs []*avro.Schema
	for {
		schema, err := avro.Parse(s.Text, avro.WithReferences(stubs...), avro.WithDefaultCheck(avro.IgnoreDefaults))
		if err == nil {
			f.defines = namedTypes(schema, f.needs)
			return f, nil
		}
		fault, ok := errors.AsType[*avro.SchemaError](err)
		if !ok || fault.Undefined == (avro.Name{}) {
			return nil, &Error{Source: s.Name, Err: err}
		}
		name := fault.Undefined
		stub, stubErr := avro.Parse(fmt.Sprintf(`{"type":"record","name":%q,"namespace":%q,"fields":[]}`, name.Local, name.Namespace))
		if stubErr != nil || len(stubs) == maxNeeds || slices.Contains(f.needs, name) {
			return nil, &Error{Source: s.Name, Err: err} // what is no name is nobody's
		}
		stubs, f.needs = append(stubs, stub), append(f.needs, name)
	}
}

// namedTypes are the named types within a schema, but for those left out, in the
// order of the text.
func namedTypes(s *avro.Schema, without []avro.Name) []*avro.Schema {
	seen := make(map[avro.Name]bool)
	for _, name := range without {
		seen[name] = true
	}
	var types []*avro.Schema
	var walk func(s *avro.Schema)
	walk = func(s *avro.Schema) {
		if s.Name().Local != "" {
			if seen[s.Name()] {
				return
			}
			seen[s.Name()] = true
			types = append(types, s)
		}
		if s.Items() != nil {
			walk(s.Items())
		}
		for _, b := range s.Branches() {
			walk(b)
		}
		for _, f := range s.Fields() {
			walk(f.Type())
		}
	}
	walk(s)
	return types
}

// parse parses f after the sources that it needs.
func (l *loader) parse(f *loaded) error {
	switch f.visit {
	case visited:
		return nil
	case visiting:
		return l.cycle(f)
	}
	f.visit = visiting
	l.stack = append(l.stack, f)
	var references []*avro.Schema
	for _, name := range f.needs {
		// A simple name that the namespace does not have may be one outside of all.
		from := l.first[name]
		if from == nil {
			from = l.first[avro.Name{Local: name.Local}]
		}
		if from == nil {
			return &Error{Source: f.Name, Reason: fmt.Sprintf("it needs the type %s, which none of the schemas given defines: name the file that does, too", name)}
		}
		if err := l.parse(from); err != nil {
			return err
		}
		references = append(references, from.schema)
	}
	schema, err := avro.Parse(f.Text, avro.WithReferences(references...))
	if err != nil {
		return &Error{Source: f.Name, Err: err}
	}
	f.schema = schema
	own := make(map[avro.Name]bool, len(f.defines))
	for _, d := range f.defines {
		own[d.Name()] = true
	}
	f.defines = slices.DeleteFunc(namedTypes(schema, nil), func(s *avro.Schema) bool { return !own[s.Name()] })
	f.visit = visited
	l.stack = l.stack[:len(l.stack)-1]
	return nil
}

// cycle says which sources need each other.
func (l *loader) cycle(f *loaded) error {
	names := []string{}
	for _, g := range l.stack[slices.Index(l.stack, f):] {
		names = append(names, plainName(g.Name))
	}
	names = append(names, plainName(f.Name))
	return &Error{Reason: "the schemas need each other's types: " + strings.Join(names, " -> ") + ": put these types into one file"}
}

// checkTwins holds that a type which several sources define is the same in all.
func (l *loader) checkTwins() error {
	definitions := make(map[avro.Name]*avro.Schema)
	for _, f := range l.all {
		for _, d := range f.defines {
			first := l.first[d.Name()]
			if first == f {
				definitions[d.Name()] = d
				continue
			}
			if _, err := avro.Parse(`"null"`, avro.WithReferences(definitions[d.Name()], d)); err != nil {
				return &Error{Source: f.Name, At: d.Name().String(), Reason: "defined differently in " + plainName(first.Name) + ": keep one definition, or make them the same"}
			}
		}
	}
	return nil
}
