package registry

import (
	"net/url"
	"strconv"
)

// VersionsOption changes one call of Versions.
type VersionsOption interface{ applyVersions(*listConfig) }

// SubjectsOption changes one call of Subjects.
type SubjectsOption interface{ applySubjects(*listConfig) }

// SchemasOption changes one call of Schemas.
type SchemasOption interface{ applySchemas(*listConfig) }

// UseOption changes one call of SubjectsByID, VersionsByID or ReferencedBy.
type UseOption interface{ applyUse(*listConfig) }

// ContextsOption changes one call of Contexts.
type ContextsOption interface{ applyContexts(*listConfig) }

type listConfig struct {
	prefix        string
	deleted       string // the parameter that says which of them count; empty: the live ones
	offset, limit int

	latestOnly, aliases bool
	ruleType            string
}

// query gives the prefix under the name it has in the request.
func (c *listConfig) query(prefix string) url.Values {
	q := set(map[string]bool{c.deleted: c.deleted != "", "latestOnly": c.latestOnly, "aliases": c.aliases})
	if c.prefix != "" {
		q.Set(prefix, c.prefix)
	}
	if c.ruleType != "" {
		q.Set("ruleType", c.ruleType)
	}
	if c.offset > 0 {
		q.Set("offset", strconv.Itoa(c.offset))
	}
	if c.limit > 0 {
		q.Set("limit", strconv.Itoa(c.limit))
	}
	return q
}

const subjectPrefix = "subjectPrefix"

// DeletedOption is an option of Lookup and of what lists subjects, versions and
// schemas.
type DeletedOption struct{}

// IncludeDeleted also finds what was deleted softly. Default: only what is live.
// It takes the place of a [DeletedOnly] before it.
func IncludeDeleted() DeletedOption { return DeletedOption{} }

func (DeletedOption) applyLookup(c *lookupConfig) { c.deleted = true }
func (DeletedOption) applyVersions(c *listConfig) { c.deleted = "deleted" }
func (DeletedOption) applySubjects(c *listConfig) { c.deleted = "deleted" }
func (DeletedOption) applySchemas(c *listConfig)  { c.deleted = "deleted" }
func (DeletedOption) applyUse(c *listConfig)      { c.deleted = "deleted" }

// DeletedOnlyOption is an option of Versions and Subjects.
type DeletedOnlyOption struct{}

// DeletedOnly lists only what was deleted softly, a subject when all its versions
// were. Default: only what is live. It takes the place of an [IncludeDeleted]
// before it. Registries that do not know it list what is live.
func DeletedOnly() DeletedOnlyOption { return DeletedOnlyOption{} }

func (DeletedOnlyOption) applyVersions(c *listConfig) { c.deleted = "deletedOnly" }
func (DeletedOnlyOption) applySubjects(c *listConfig) { c.deleted = "deletedOnly" }

// PrefixOption is an option of Subjects, Schemas and Contexts.
type PrefixOption struct{ prefix string }

// Prefix lists only what begins with it: subjects, where one with a context,
// ":.staging:", lists that context, or contexts, ".sta". Default, and "": all,
// of every context.
func Prefix(prefix string) PrefixOption { return PrefixOption{prefix} }

func (o PrefixOption) applySubjects(c *listConfig) { c.prefix = o.prefix }
func (o PrefixOption) applySchemas(c *listConfig)  { c.prefix = o.prefix }
func (o PrefixOption) applyContexts(c *listConfig) { c.prefix = o.prefix }

// PageOption is an option of what lists, but for Schemas, which has [PageSize].
type PageOption struct{ offset, limit int }

// Page lists at most limit entries after the first offset ones. Default: all;
// 0 or less for either has no effect. Registries that do not know it list all.
func Page(offset, limit int) PageOption { return PageOption{offset, limit} }

func (o PageOption) applyVersions(c *listConfig) { c.offset, c.limit = o.offset, o.limit }
func (o PageOption) applySubjects(c *listConfig) { c.offset, c.limit = o.offset, o.limit }
func (o PageOption) applyUse(c *listConfig)      { c.offset, c.limit = o.offset, o.limit }
func (o PageOption) applyContexts(c *listConfig) { c.offset, c.limit = o.offset, o.limit }

// PageSizeOption is an option of Schemas.
type PageSizeOption struct{ limit int }

// PageSize is how many schemas one request asks for. Default, and 0 or less: 500.
// The reference registry gives no more than 1000. A page whose answer is beyond
// the client's limit ([WithResponseLimit]) is an [ErrTooLarge].
func PageSize(n int) PageSizeOption { return PageSizeOption{n} }

func (o PageSizeOption) applySchemas(c *listConfig) { c.limit = o.limit }

// LatestOnlyOption is an option of Schemas.
type LatestOnlyOption struct{}

// LatestOnly lists one version of each subject, its newest. Default: all versions.
func LatestOnly() LatestOnlyOption { return LatestOnlyOption{} }

func (LatestOnlyOption) applySchemas(c *listConfig) { c.latestOnly = true }

// AliasesOption is an option of Schemas.
type AliasesOption struct{}

// Aliases fills in the names that stand for each subject, and lets [Prefix] find a
// subject by them. Default: none.
func Aliases() AliasesOption { return AliasesOption{} }

func (AliasesOption) applySchemas(c *listConfig) { c.aliases = true }

// RuleTypeOption is an option of Schemas.
type RuleTypeOption struct{ ruleType string }

// RuleType lists only schemas that have a rule of this type, "CEL" for instance.
// Default, and "": whatever their rules.
func RuleType(ruleType string) RuleTypeOption { return RuleTypeOption{ruleType} }

func (o RuleTypeOption) applySchemas(c *listConfig) { c.ruleType = o.ruleType }
