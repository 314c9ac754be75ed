package registryserver

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/concord-go/concord/registry"
)

// maxOldSchema is how much of an old schema's text goes into a message.
const maxOldSchema = 10 << 10

// checkCompatible refuses a schema that does not go with the versions before it.
func (c *call) checkCompatible(subject string, config *config, d *draft, previous []*stored) error {
	details, err := c.incompatibilities(config, d, previous)
	if err != nil {
		return err
	}
	if len(details) == 0 {
		return nil
	}
	c.e.metrics.refused("register", d.schema.Type)
	return fail(registry.ErrIncompatible, "Schema being registered is incompatible with an earlier schema for subject \"%s\", details: [%s]",
		subject, strings.Join(details, ", "))
}

// incompatibilities are the messages about the first earlier version that does not
// go with the schema: none when all do. previous are live versions, oldest first.
func (c *call) incompatibilities(config *config, d *draft, previous []*stored) ([]string, error) {
	level := config.level()
	previous = config.inGroup(d.schema.Metadata, previous)
	settings := fmt.Sprintf("{validateFields: '%t', compatibility: '%s'}", isTrue(config.ValidateFields), level)
	if isTrue(config.ValidateFields) {
		if details := reservedFields(d, previous); len(details) > 0 {
			return append(details, settings), nil
		}
	}
	direction, previous := compared(level, previous)
	var groups [][]pair // what is compared for a version, newest first
	var waits bool
	for _, v := range slices.Backward(previous) {
		if v.Type != d.schema.Type {
			break // which makes further versions moot
		}
		old, err := c.parseStored(v, 0)
		switch {
		case errors.Is(err, errLater):
			waits = true
		case err != nil:
			return nil, fail(registry.ErrInvalidSchema, "Invalid schema of version %d, details: %v", v.Version, err)
		}
		groups = append(groups, pairs(direction, pair{kind: v.Type, lenient: config.lenient()}, old, d.parsed))
	}
	if waits {
		return nil, errLater
	}
	if err := c.check(groups); err != nil {
		return nil, err
	}
	for i, v := range slices.Backward(previous) {
		details := []string{"Incompatible because of different schema type"}
		named := true
		if n := len(previous) - 1 - i; n < len(groups) {
			var err error
			if details, err = c.details(groups[n]); err != nil {
				return nil, err
			}
			// The reference registry does not name the version under FULL if the new
			// schema can read the old one's data.
			named = direction != "FULL" || !c.clean(groups[n][0])
		}
		if len(details) == 0 {
			continue
		}
		if named {
			details = append(details, fmt.Sprintf("{oldSchemaVersion: %d}", v.Version), fmt.Sprintf("{oldSchema: '%s'}", shorten(v.Text)))
		}
		return append(details, settings), nil
	}
	return nil, nil
}

// inGroup are the versions that a schema with that metadata is compared with.
func (c *config) inGroup(m *registry.Metadata, versions []*stored) []*stored {
	if c.Group == nil {
		return versions
	}
	group := groupOf(m, *c.Group)
	return slices.DeleteFunc(slices.Clone(versions), func(v *stored) bool { return groupOf(v.Metadata, *c.Group) != group })
}

// compared is what a level means: the direction, and those of the earlier versions
// that count, oldest first.
func compared(level string, previous []*stored) (direction string, counting []*stored) {
	if level == "NONE" || len(previous) == 0 {
		return "", nil
	}
	direction, transitive := strings.CutSuffix(level, "_TRANSITIVE")
	if !transitive {
		previous = previous[len(previous)-1:]
	}
	return direction, previous
}

func groupOf(m *registry.Metadata, property string) string {
	if m == nil {
		return ""
	}
	if v, ok := m.Properties[property]; ok {
		return "=" + v
	}
	return ""
}

// shorten cuts a text at the limit, at the start of a character.
func shorten(text string) string {
	if len(text) <= maxOldSchema {
		return text
	}
	return strings.ToValidUTF8(text[:maxOldSchema], "") + "..."
}

// pairs are the comparisons that a direction means between an old schema and a new one.
func pairs(direction string, of pair, old, new Parsed) []pair {
	var all []pair
	if direction != "FORWARD" {
		of.writer, of.reader = old, new
		all = append(all, of)
	}
	if direction != "BACKWARD" {
		of.writer, of.reader = new, old
		all = append(all, of)
	}
	return all
}

// details are the messages about a version, from what was compared for it.
func (c *call) details(group []pair) ([]string, error) {
	var details []string
	var err error
	for _, p := range group {
		v := c.verdicts[p]
		for _, diff := range v.differences {
			details = append(details, diff.String())
		}
		err = errors.Join(err, v.err)
	}
	if err != nil {
		return []string{"The check of compatibility was given up: " + err.Error()}, nil
	}
	return details, nil
}

// testCompatibility is POST /compatibility/subjects/{subject}/versions/{version}.
func (c *call) testCompatibility() (any, error) {
	version, err := c.versionParam()
	if err != nil {
		return nil, err
	}
	return c.test(func(sub *subject) ([]*stored, error) {
		if version == int32(registry.LatestVersion) {
			if v := sub.latest(); v != nil {
				return []*stored{v}, nil
			}
			return nil, nil
		}
		v := sub.at(version)
		if v == nil || v.Deleted {
			return nil, versionNotFound(version)
		}
		return []*stored{v}, nil
	})
}

// testAllCompatibility is POST /compatibility/subjects/{subject}/versions.
func (c *call) testAllCompatibility() (any, error) {
	return c.test(func(sub *subject) ([]*stored, error) { return sub.liveVersions(), nil })
}

type compatibilityAnswer struct {
	Compatible bool      `json:"is_compatible"`
	Messages   *[]string `json:"messages,omitempty"` // there only in verbose answers, then even if empty
}

func (c *call) test(against func(*subject) ([]*stored, error)) (any, error) {
	req, err := c.schemaRequest()
	if err != nil {
		return nil, err
	}
	return decide(c, c.e.mu.RLocker(), func() (any, error) { return c.testUnder(req, against) })
}

// testUnder compares a schema with versions of a subject. e.mu must be held.
func (c *call) testUnder(req *schemaRequest, against func(*subject) ([]*stored, error)) (any, error) {
	e, subject, normalize := c.e, c.subject(), c.flag("normalize")
	previous, err := against(e.state.subject(subject))
	if err != nil {
		return nil, err
	}
	config := e.configInScope(subject)
	if isBlank(req.schema.Text) {
		err = fail(registry.ErrInvalidSchema, "Invalid schema, details: Empty schema")
	}
	var details []string
	if err == nil {
		var d *draft
		if d, err = c.parse(subject, req.schema, true, normalize || config.normalizes()); err == nil {
			if details, err = c.incompatibilities(config, d, previous); len(details) > 0 {
				e.metrics.refused("test", d.schema.Type)
			}
		}
	}
	if err != nil {
		if c.flag("verbose") && isCode(err, registry.ErrInvalidSchema) {
			return compatibilityAnswer{false, &[]string{err.Error()}}, nil
		}
		return nil, err
	}
	a := compatibilityAnswer{Compatible: len(details) == 0}
	if c.flag("verbose") {
		messages := append([]string{}, details...)
		a.Messages = &messages
	}
	return a, nil
}
