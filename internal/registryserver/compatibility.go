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
func (e *Engine) checkCompatible(subject string, config *config, d *draft, previous []*stored) error {
	details, err := e.incompatibilities(config, d, previous)
	if err != nil {
		return err
	}
	if len(details) == 0 {
		return nil
	}
	e.metrics.refused("register", d.schema.Type)
	return fail(registry.ErrIncompatible, "Schema being registered is incompatible with an earlier schema for subject \"%s\", details: [%s]",
		subject, strings.Join(details, ", "))
}

// incompatibilities are the messages about the first earlier version that does not
// go with the schema: none when all do. previous are live versions, oldest first.
func (e *Engine) incompatibilities(config *config, d *draft, previous []*stored) ([]string, error) {
	level := config.level()
	previous = config.inGroup(d.schema.Metadata, previous)
	settings := fmt.Sprintf("{validateFields: '%t', compatibility: '%s'}", isTrue(config.ValidateFields), level)
	if isTrue(config.ValidateFields) {
		if details := reservedFields(d, previous); len(details) > 0 {
			return append(details, settings), nil
		}
	}
	direction, previous := compared(level, previous)
	for _, v := range slices.Backward(previous) {
		details, err := e.compare(direction, d, v)
		if err != nil {
			return nil, err
		}
		if len(details) == 0 {
			continue
		}
		return append(details,
			fmt.Sprintf("{oldSchemaVersion: %d}", v.Version),
			fmt.Sprintf("{oldSchema: '%s'}", shorten(v.Text)),
			settings), nil
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

// compare lists the differences between a schema and one earlier version.
func (e *Engine) compare(direction string, d *draft, v *stored) ([]string, error) {
	if d.schema.Type != v.Type {
		return []string{"Incompatible because of different schema type"}, nil
	}
	old, err := e.parseStored(v, 0)
	if err != nil {
		return nil, fail(registry.ErrInvalidSchema, "Invalid schema of version %d, details: %v", v.Version, err)
	}
	var details []string
	for _, pair := range pairs(direction, d, v, old) {
		verdict := e.check(pair)
		for _, diff := range verdict.differences {
			details = append(details, diff.String())
		}
		err = errors.Join(err, verdict.err)
	}
	switch {
	case errors.Is(err, errUnchecked):
		return nil, fail(registry.ErrNotPermitted, "This registry cannot check the compatibility of %s schemas yet, so it takes a second version only under level NONE: "+
			"set the subject's level to NONE if that is meant", v.Type)
	case err != nil:
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
	e, subject, normalize := c.e, c.subject(), c.flag("normalize")
	c.parseAhead(subject, req.schema, true, normalize)
	e.mu.RLock()
	defer e.mu.RUnlock()
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
			if details, err = e.incompatibilities(config, d, previous); len(details) > 0 {
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
