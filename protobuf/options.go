package protobuf

import (
	"github.com/concord-go/concord/registry"
	"github.com/concord-go/concord/serde"
)

// TypedOption changes what [For] makes.
type TypedOption interface{ applyToTyped(*formatConfig) }

// DynamicOption changes what [Dynamic] and [DynamicAs] make.
type DynamicOption interface{ applyToDynamic(*formatConfig) }

// FormatOption changes both.
type FormatOption interface {
	TypedOption
	DynamicOption
}

type formatConfig struct {
	text     string
	hasText  bool
	imports  []*serde.Definition
	message  string
	subjects func(path string) registry.Subject

	depth         int
	deterministic bool
	reuse         bool
	plain         bool // no methods of vtprotobuf
	allowExtra    bool
	accept        []string
}

// defaultDepth is the depth that protoc's other runtimes have.
const defaultDepth = 100

func newConfig() formatConfig {
	return formatConfig{depth: defaultDepth, subjects: func(path string) registry.Subject { return registry.Subject(path) }}
}

type formatOption func(*formatConfig)

func (o formatOption) applyToTyped(c *formatConfig)   { o(c) }
func (o formatOption) applyToDynamic(c *formatConfig) { o(c) }

type typedOption func(*formatConfig)

func (o typedOption) applyToTyped(c *formatConfig) { o(c) }

type dynamicOption func(*formatConfig)

func (o dynamicOption) applyToDynamic(c *formatConfig) { o(c) }

// WithSchema gives the schema as the text of a .proto file, in place of the one made
// of T's descriptor. It must have T's message, and that all of T's fields. imports are the files that it
// imports: the Name of each is the path it is imported by.
func WithSchema(text string, imports ...*serde.Definition) FormatOption {
	return formatOption(func(c *formatConfig) { c.text, c.hasText, c.imports = text, true, imports })
}

// WithReferenceSubjects names the subjects under which imported files are registered.
// Without it a subject is the file's import path, as with other clients.
func WithReferenceSubjects(subject func(path string) registry.Subject) TypedOption {
	return typedOption(func(c *formatConfig) { c.subjects = subject })
}

// WithMessage names the message of a dynamic format by its full name. Without it, what
// is written is the file's first message, and what is read is the one that the
// record's message indexes name.
func WithMessage(fullName string) DynamicOption {
	return dynamicOption(func(c *formatConfig) { c.message = fullName })
}

// WithDepthLimit bounds how deep messages may lie in each other when they are read.
// The default is 100; it must be 1 or above, and 0 means the default.
func WithDepthLimit(n int) FormatOption {
	return formatOption(func(c *formatConfig) {
		if c.depth = n; n == 0 {
			c.depth = defaultDepth
		}
	})
}

// Deterministic writes the entries of maps in the order of their keys, so that within
// one build of the program equal messages are equal bytes. Without it the order is Go's.
func Deterministic() FormatOption {
	return formatOption(func(c *formatConfig) { c.deterministic = true })
}

// ReuseMessages lets Decode read into the message that *v points to, which is reset
// first, in place of a new one. Whoever keeps the message read before sees it change.
func ReuseMessages() TypedOption {
	return typedOption(func(c *formatConfig) { c.reuse = true })
}

// WithoutGeneratedMethods keeps away from the methods that vtprotobuf generates
// (MarshalToSizedBufferVT, UnmarshalVT). They are faster, and used without this where
// T has them, but do not refuse strings that are not UTF-8.
func WithoutGeneratedMethods() TypedOption {
	return typedOption(func(c *formatConfig) { c.plain = true })
}

// AllowExtraFields lets T have fields that the writer schema lacks. They are written,
// and are unknown fields to those who read with that schema. Without it they are errors.
func AllowExtraFields() FormatOption {
	return formatOption(func(c *formatConfig) { c.allowExtra = true })
}

// AcceptMessages reads into T what was written as one of these messages, too, which are
// full names: T's message under an earlier name or package, perhaps. Their fields must
// have T's numbers and types. Without it only messages of T's own name are read.
func AcceptMessages(fullNames ...string) FormatOption {
	return formatOption(func(c *formatConfig) { c.accept = append(c.accept, fullNames...) })
}
