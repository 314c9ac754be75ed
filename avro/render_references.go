package avro

// StringWithout is [Schema.String] with the named types that the references are
// written by their names only, as a registry keeps the text of a schema with
// references. Types within the references are written out all the same.
func (s *Schema) StringWithout(references ...*Schema) string {
	r := renderer{seen: referenced(references)}
	r.schema(s, "")
	return string(r.dst)
}

// NormalizedWithout is to [Schema.Normalized] what StringWithout is to String.
func (s *Schema) NormalizedWithout(references ...*Schema) (string, error) {
	r := renderer{seen: referenced(references), normal: true}
	r.schema(s, "")
	return string(r.dst), r.err
}

func referenced(schemas []*Schema) map[Name]bool {
	names := make(map[Name]bool, len(schemas))
	for _, s := range schemas {
		if s != nil && s.name.Local != "" {
			names[s.name] = true
		}
	}
	return names
}
