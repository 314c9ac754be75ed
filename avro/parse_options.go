package avro

// ParseOption changes how [Parse] reads a schema.
type ParseOption func(*parseConfig)

type parseConfig struct {
	references    []*Schema
	laxNamespaces bool
	defaultCheck  DefaultCheck
	limits        ParseLimits
}

// WithReferences lets the text use the named types of other schemas: those that
// the schemas are, and all types within them. A type that two of them define
// must be the same in both. Without it the text must define all that it uses.
// Used again, it adds.
func WithReferences(schemas ...*Schema) ParseOption {
	return func(c *parseConfig) {
		c.references = append(c.references[:len(c.references):len(c.references)], schemas...)
	}
}

// WithLaxNamespaces takes namespaces whose parts are no valid names, as schemas
// have them that were registered before anybody checked. The last part of a
// name is checked all the same. By default every part is.
func WithLaxNamespaces() ParseOption {
	return func(c *parseConfig) { c.laxNamespaces = true }
}

// DefaultCheck says how thoroughly field defaults are checked.
type DefaultCheck uint8

const (
	// CheckDefaults refuses a default that is no value of the field's type.
	CheckDefaults DefaultCheck = iota
	// CheckDefaultShapes checks what Avro for Java checks: that the JSON has the
	// right form and whole numbers are in range, but not that an enum has the
	// symbol, a fixed has the length, bytes have no character above U+00FF or a
	// float is in range. Like Java it refuses the default of a field within a
	// record, or before it, that is a value of that record.
	CheckDefaultShapes
	// IgnoreDefaults takes any default.
	IgnoreDefaults
)

// WithDefaultCheck sets how thoroughly field defaults are checked, [CheckDefaults]
// without this option. A default that is taken but is no value of its type
// is kept as text only: a reader that needs it fails.
func WithDefaultCheck(check DefaultCheck) ParseOption {
	return func(c *parseConfig) { c.defaultCheck = check }
}

// ParseLimits bounds what a schema may cost. A zero field means its default.
type ParseLimits struct {
	// TextSize is the most bytes of text. The default is 1 MiB, which is what
	// Kafka takes as one message by default, and so the largest schema that a
	// registry with its default configuration can store.
	TextSize int
	// Depth is how deeply the JSON may be nested, both in the text and when all
	// types are written out where they are first used; a record within a
	// record takes three levels. The default is 1000, as in Avro for Java.
	Depth int
}

// WithParseLimits sets the limits.
func WithParseLimits(limits ParseLimits) ParseOption {
	return func(c *parseConfig) { c.limits = limits }
}

func (l ParseLimits) withDefaults() ParseLimits {
	if l.TextSize <= 0 {
		l.TextSize = 1 << 20
	}
	if l.Depth <= 0 {
		l.Depth = 1000
	}
	return l
}
