package registry

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// find is the version that is the schema given: one with the same text if there
// is one, else the newest that a registry would take for it.
func (d *Directory) find(place Subject, given Schema, visible []kept) *kept {
	if given.Type == "" {
		given.Type = Avro
	}
	for _, exactly := range []bool{true, false} {
		for i := len(visible) - 1; i >= 0; i-- {
			k := &visible[i]
			if k.Type != given.Type || !sameContract(given, k.Schema) {
				continue
			}
			if exactly && given.Text == k.Text && d.sameReferences(place, given.References, k.References) || !exactly && d.same(place, given, k.Schema) {
				return k
			}
		}
	}
	return nil
}

// sameContract compares metadata and rule sets, where the schema given has them.
func sameContract(given, kept Schema) bool {
	if given.Metadata == nil {
		kept.Metadata = nil
	}
	if given.RuleSet == nil {
		kept.RuleSet = nil
	}
	return equalSchemas(Schema{Metadata: given.Metadata, RuleSet: given.RuleSet}, Schema{Metadata: kept.Metadata, RuleSet: kept.RuleSet})
}

func (d *Directory) same(place Subject, given, kept Schema) bool {
	if match := d.matchers[given.Type]; match != nil {
		return match(given, kept)
	}
	if given.Type == Avro {
		a, errA := avroFormOf(given.Text, d.imports(place, given))
		b, errB := avroFormOf(kept.Text, d.imports(place, kept))
		return errA == nil && errB == nil && reflect.DeepEqual(a, b)
	}
	if !d.sameReferences(place, given.References, kept.References) {
		return false
	}
	switch given.Type {
	case JSON:
		a, _, errA := parseTree(given.Text) // registries drop what stands after it
		b, _, errB := parseTree(kept.Text)
		return errA == nil && errB == nil && reflect.DeepEqual(a, b)
	case Protobuf:
		a, errA := protobufForm(given.Text)
		b, errB := protobufForm(kept.Text)
		return errA == nil && errB == nil && a == b
	}
	return strings.TrimSpace(given.Text) == strings.TrimSpace(kept.Text)
}

// sameReferences compares references by what they lead to, in any order.
func (d *Directory) sameReferences(place Subject, given, kept []Reference) bool {
	resolved := func(refs []Reference) []Reference {
		refs = slices.Clone(refs)
		for i := range refs {
			refs[i].Subject = beside(place, refs[i].Subject)
			if k := d.version(refs[i].Subject, refs[i].Version); k != nil {
				refs[i].Version = k.Version
			}
		}
		slices.SortFunc(refs, func(a, b Reference) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Version, b.Version))
		})
		return slices.Compact(refs)
	}
	return len(given) == 0 && len(kept) == 0 || slices.Equal(resolved(given), resolved(kept))
}

// imports are the texts of all that a schema refers to, directly or not, each once.
func (d *Directory) imports(place Subject, s Schema) []string {
	var texts []string
	seen := make(map[versionKey]bool)
	var walk func(Subject, []Reference)
	walk = func(parent Subject, refs []Reference) {
		for _, ref := range refs {
			at := beside(parent, ref.Subject)
			k := d.version(at, ref.Version)
			if k == nil || seen[versionKey{at, k.Version}] {
				continue
			}
			seen[versionKey{at, k.Version}] = true
			texts = append(texts, k.Text)
			walk(at, k.References)
		}
	}
	walk(place, s.References)
	return texts
}

// number is a JSON number in the one form that all its spellings have here.
type number string

// parseTree reads JSON, which may have comments, into a tree that does not tell
// layout: objects are maps, numbers are [number]. It reports whether more follows.
func parseTree(text string) (tree any, more bool, err error) {
	tree, more, err = decodeTree(text)
	if err != nil || more {
		if again, after, err := decodeTree(strings.Join(tokens(text), " ")); err == nil {
			return again, after, nil
		}
	}
	return tree, more, err
}

func decodeTree(text string) (tree any, more bool, err error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&tree); err != nil {
		return nil, false, err
	}
	_, err = dec.Token()
	return settle(tree), !errors.Is(err, io.EOF), nil
}

// settle brings the numbers of a tree into one form.
func settle(v any) any {
	switch v := v.(type) {
	case json.Number:
		if _, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return number(v)
		}
		f, err := v.Float64()
		if err != nil || !strings.ContainsAny(v.String(), ".eE") {
			return number(strings.ReplaceAll(strings.ToLower(v.String()), "+", "")) // more than a float keeps
		}
		return number(strconv.FormatFloat(f+0, 'f', -1, 64)) // -0 is 0
	case map[string]any:
		for k := range v {
			v[k] = settle(v[k])
		}
	case []any:
		for i := range v {
			v[i] = settle(v[i])
		}
	}
	return v
}

// tokens are the words, strings and signs of a text, without what stands between
// them and without comments as in C.
func tokens(text string) []string {
	const space, signs = " \t\r\n\f\v", "{}[]()<>=;,:"
	var all []string
	for i := 0; i < len(text); {
		rest := text[i:]
		n := 1
		switch c := rest[0]; {
		case strings.IndexByte(space, c) >= 0:
			i++
			continue
		case strings.HasPrefix(rest, "//"):
			i += lengthTo(rest, "\n")
			continue
		case strings.HasPrefix(rest, "/*"):
			i += 2 + lengthTo(rest[2:], "*/")
			continue
		case c == '"' || c == '\'':
			for n < len(rest) && rest[n] != c {
				if rest[n] == '\\' {
					n++
				}
				n++
			}
			n = min(n+1, len(rest))
			if c == '\'' && n > 1 && rest[n-1] == c && !strings.ContainsAny(rest[1:n-1], `"'\`) {
				all = append(all, `"`+rest[1:n-1]+`"`)
				i += n
				continue
			}
		case strings.IndexByte(signs, c) < 0:
			for n < len(rest) && strings.IndexByte(space+signs+`"'`, rest[n]) < 0 && !strings.HasPrefix(rest[n:], "//") && !strings.HasPrefix(rest[n:], "/*") {
				n++
			}
		}
		all = append(all, rest[:n])
		i += n
	}
	return all
}

// lengthTo is how many bytes of text there are up to the end of what is sought,
// or all of them.
func lengthTo(text, sought string) int {
	if i := strings.Index(text, sought); i >= 0 {
		return i + len(sought)
	}
	return len(text)
}
