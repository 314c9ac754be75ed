package avro

// parseAliases returns the aliases, each once.
func parseAliases(v *jsonValue, at *path) ([]string, error) {
	a := v.member("aliases")
	if a == nil {
		return nil, nil
	}
	if a.kind != jsonArray {
		return nil, at.to("aliases").errorf("must be an array, not %s", jsonKindNames[a.kind])
	}
	var aliases []string
	seen := make(map[string]bool, len(a.elems))
	for i, e := range a.elems {
		if e.kind != jsonString {
			return nil, at.to("aliases").index(i).errorf("an alias must be a string, not %s", jsonKindNames[e.kind])
		}
		if !seen[e.text] {
			seen[e.text] = true
			aliases = append(aliases, e.text)
		}
	}
	return aliases, nil
}

// parseDoc returns the documentation; one that is no string counts as none.
func parseDoc(v *jsonValue) (doc string, ok bool) {
	if m := v.member("doc"); m != nil && m.kind == jsonString {
		return m.text, true
	}
	return "", false
}

// The attributes that the specification defines; all others are properties.
var (
	schemaAttributes = attributeSet("doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases")
	enumAttributes   = attributeSet("doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases", "default")
	fieldAttributes  = attributeSet("default", "doc", "name", "order", "type", "aliases")
)

func attributeSet(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}

func properties(v *jsonValue, reserved map[string]bool) []Property {
	var props []Property
	for _, m := range v.members {
		if !reserved[m.name] {
			props = append(props, Property{m.name, appendJSON(nil, m.value, exactJSON)})
		}
	}
	return props
}
