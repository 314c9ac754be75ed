package avro

// Canonical is the schema's Parsing Canonical Form (Avro 1.12, "Transforming into
// Parsing Canonical Form"): what a reader needs to read the data and nothing
// else. Two schemas of one canonical form write the same bytes, but may differ in
// defaults, aliases and logical types.
func (s *Schema) Canonical() string {
	c := canonicalizer{seen: make(map[Name]bool)}
	c.schema(s)
	return string(c.dst)
}

type canonicalizer struct {
	dst  []byte
	seen map[Name]bool
}

// quoted appends s in quotes. The form has no escapes: names need none.
func (c *canonicalizer) quoted(s string) {
	c.dst = append(c.dst, '"')
	c.dst = append(c.dst, s...)
	c.dst = append(c.dst, '"')
}

func (c *canonicalizer) raw(s string) { c.dst = append(c.dst, s...) }

func (c *canonicalizer) schema(s *Schema) {
	if s.kind < Record {
		c.quoted(s.kind.String())
		return
	}
	if s.kind == Union {
		c.raw("[")
		for i, b := range s.branches {
			c.comma(i)
			c.schema(b)
		}
		c.raw("]")
		return
	}
	if s.kind.isNamed() {
		if c.seen[s.name] {
			c.quoted(s.name.String())
			return
		}
		c.seen[s.name] = true
		c.raw(`{"name":`)
		c.quoted(s.name.String())
		c.raw(`,"type":`)
	} else {
		c.raw(`{"type":`)
	}
	c.quoted(s.kind.String())
	switch s.kind {
	case Record:
		c.raw(`,"fields":[`)
		for i := range s.fields {
			c.comma(i)
			c.raw(`{"name":`)
			c.quoted(s.fields[i].name)
			c.raw(`,"type":`)
			c.schema(s.fields[i].typ)
			c.raw("}")
		}
		c.raw("]")
	case Enum:
		c.raw(`,"symbols":[`)
		for i, symbol := range s.symbols {
			c.comma(i)
			c.quoted(symbol)
		}
		c.raw("]")
	case Fixed:
		c.raw(`,"size":`)
		c.dst = appendInt(c.dst, s.size)
	case Array:
		c.raw(`,"items":`)
		c.schema(s.items)
	case Map:
		c.raw(`,"values":`)
		c.schema(s.items)
	}
	c.raw("}")
}

func (c *canonicalizer) comma(i int) {
	if i > 0 {
		c.raw(",")
	}
}
