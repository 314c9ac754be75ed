package registryserver

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/concord-go/concord/registry"
)

// maxReferenceDepth bounds how far references lead to references. Only imports can
// make circles of them.
const maxReferenceDepth = 100

// parsedKey is what a parsed schema depends on. References without a context are
// looked for in the parent's.
type parsedKey struct {
	context string
	guid    registry.GUID
	kind    registry.SchemaType
}

// draft is a schema of a request, parsed. It is remembered for the request, so that
// parsing can be done without the lock.
type draft struct {
	// What it was made from.
	text    string
	kind    registry.SchemaType
	isNew   bool
	norm    bool
	imports []Import

	schema registry.Schema // the text that is kept, the references with their numbers
	parsed Parsed
	err    error
}

// parse parses a schema of a request. e.mu must be held.
func (c *call) parse(subject string, s registry.Schema, isNew, normalize bool) (*draft, error) {
	imports, refs, err := c.imports(subject, s.References, !isNew)
	if errors.Is(err, errLater) {
		return nil, err
	}
	if err != nil {
		return nil, invalidSchema(s.Type, err)
	}
	d := c.draftOf(s, imports, isNew, normalize)
	if d == nil {
		if err := c.later(func() { c.parseDraft(s, imports, isNew, normalize) }); err != nil {
			return nil, err
		}
		d = c.draftOf(s, imports, isNew, normalize)
	}
	if d.err != nil {
		return nil, invalidSchema(s.Type, d.err)
	}
	filled := *d
	filled.schema = s
	filled.schema.Text = d.parsed.Text()
	filled.schema.References = canonicalReferences(refs, normalize)
	return &filled, nil
}

func invalidSchema(kind registry.SchemaType, err error) error {
	return fail(registry.ErrInvalidSchema, "Invalid schema of type %s, details: %v", kind, err)
}

func isBlank(text string) bool { return strings.TrimSpace(text) == "" }

// canonicalReferences sorts references and drops repeated ones where normalized.
func canonicalReferences(refs []registry.Reference, normalize bool) []registry.Reference {
	if !normalize {
		return refs
	}
	sorted := slices.Clone(refs)
	slices.SortFunc(sorted, func(a, b registry.Reference) int {
		if n := strings.Compare(a.Name, b.Name); n != 0 {
			return n
		}
		if n := strings.Compare(string(a.Subject), string(b.Subject)); n != 0 {
			return n
		}
		return int(a.Version) - int(b.Version)
	})
	return slices.Compact(sorted)
}

// imports finds what references point at. The references come back with numbers in
// place of "latest". e.mu must be held.
func (c *call) imports(parent string, refs []registry.Reference, deleted bool) ([]Import, []registry.Reference, error) {
	return c.importsAt(parent, refs, deleted, 0)
}

func (c *call) importsAt(parent string, refs []registry.Reference, deleted bool, depth int) ([]Import, []registry.Reference, error) {
	if depth > maxReferenceDepth {
		return nil, nil, fmt.Errorf("references lead to references more than %d deep, or in a circle", maxReferenceDepth)
	}
	var imports []Import
	numbered := slices.Clone(refs)
	seen := map[string]bool{}
	waits := false
	for i, r := range refs {
		if r.Subject == "" || r.Version == 0 || r.Version < registry.LatestVersion {
			return nil, nil, fmt.Errorf("reference %q to subject %q version %d is not valid: name, subject and version are needed, the version 1 or more, or -1 for the latest", r.Name, r.Subject, r.Version)
		}
		sub := c.e.state.subject(within(parent, string(r.Subject)))
		v := sub.at(int32(r.Version))
		if r.Version == registry.LatestVersion {
			v = sub.latest()
		}
		if v == nil || v.Deleted && !deleted {
			return nil, nil, fmt.Errorf("there is no version %d of subject %q, which reference %q points at", r.Version, r.Subject, r.Name)
		}
		numbered[i].Version = registry.Version(v.Version)
		if seen[r.Name] {
			continue
		}
		seen[r.Name] = true
		p, err := c.parseStored(v, depth+1)
		if errors.Is(err, errLater) {
			waits = true
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("reference %q: %w", r.Name, err)
		}
		imports = append(imports, Import{r.Name, p})
	}
	if waits {
		return nil, nil, errLater
	}
	return imports, numbered, nil
}

// parseStored parses what was registered. e.mu must be held.
func (c *call) parseStored(v *stored, depth int) (Parsed, error) {
	key := parsedKey{parseName(v.Subject).context, v.guid, v.Type}
	if p, ok := c.e.parsed.Get(key); ok {
		return p, nil
	}
	imports, _, err := c.importsAt(v.Subject, v.References, true, depth)
	if err != nil {
		return nil, err
	}
	p, err := c.parseVersion(v, imports)
	if err != nil {
		return nil, err
	}
	c.e.parsed.Add(key, p)
	return p, nil
}
