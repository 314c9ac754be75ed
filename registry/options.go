package registry

import (
	"net/url"
	"slices"
)

// RegisterOption changes one call of Register.
type RegisterOption interface{ applyRegister(*registerConfig) }

// LookupOption changes one call of Lookup.
type LookupOption interface{ applyLookup(*lookupConfig) }

type registerConfig struct {
	normalize bool
	id        *SchemaID
	version   *Version
}

// given reports whether the caller chose an id or version.
func (c *registerConfig) given() bool { return c.id != nil || c.version != nil }

type lookupConfig struct{ normalize, deleted bool }

// IDOption is an option of Register.
type IDOption struct{ id SchemaID }

// WithID registers the schema under this id, 1 or above, where another registry
// had it. The registry takes it in [ModeImport] only, and never for two schemas.
// Default: the registry chooses.
func WithID(id SchemaID) IDOption { return IDOption{id} }

func (o IDOption) applyRegister(c *registerConfig) { c.id = &o.id }

// VersionOption is an option of Register.
type VersionOption struct{ version Version }

// WithVersion registers the schema as this version, 1 or above: in [ModeImport]
// any, where an existing one is replaced, else the one that is next, or the
// registry refuses with [ErrInvalidSchema]. Default: the next one.
func WithVersion(version Version) VersionOption { return VersionOption{version} }

func (o VersionOption) applyRegister(c *registerConfig) { c.version = &o.version }

// NormalizeOption is an option of Register, Lookup and TestCompatibility.
type NormalizeOption struct{}

// Normalize asks the registry to bring the schema to its normal form first, so
// that texts which differ in layout only are one schema. Default: the text is
// taken as it is.
func Normalize() NormalizeOption { return NormalizeOption{} }

func (NormalizeOption) applyRegister(c *registerConfig) { c.normalize = true }
func (NormalizeOption) applyLookup(c *lookupConfig)     { c.normalize = true }

// DeleteOption changes one call of DeleteSubject or DeleteVersion.
type DeleteOption interface{ applyDelete(*deleteConfig) }

type deleteConfig struct{ permanent bool }

// PermanentOption is an option of DeleteSubject and DeleteVersion.
type PermanentOption struct{}

// Permanent deletes for good, ids included, what was deleted softly before; the
// registry refuses it for what is live. Default: a soft delete.
func Permanent() PermanentOption { return PermanentOption{} }

func (PermanentOption) applyDelete(c *deleteConfig) { c.permanent = true }

func deleteQuery(opts []DeleteOption) url.Values {
	var cfg deleteConfig
	for _, opt := range opts {
		opt.applyDelete(&cfg)
	}
	return set(map[string]bool{"permanent": cfg.permanent})
}

// CompatibilityOption changes one call of TestCompatibility.
type CompatibilityOption interface{ applyCompatibility(*compatibilityConfig) }

type compatibilityConfig struct{ normalize bool }

func (NormalizeOption) applyCompatibility(c *compatibilityConfig) { c.normalize = true }

// ScopeOption changes one call of Config or Mode.
type ScopeOption interface{ applyScope(*scopeConfig) }

type scopeConfig struct{ defaultToGlobal bool }

// DefaultToGlobalOption is an option of Config and Mode.
type DefaultToGlobalOption struct{}

// DefaultToGlobal answers with what is in force for a subject that has no setting
// of its own. Default: an error then, [ErrNoSubjectCompatibility] or
// [ErrNoSubjectMode].
func DefaultToGlobal() DefaultToGlobalOption { return DefaultToGlobalOption{} }

func (DefaultToGlobalOption) applyScope(c *scopeConfig) { c.defaultToGlobal = true }

// SetConfigOption changes one call of SetConfig.
type SetConfigOption interface{ applySetConfig(*setConfigConfig) }

type setConfigConfig struct{ clear []ConfigField }

// ClearOption is an option of SetConfig.
type ClearOption struct{ fields []ConfigField }

// Clear takes these fields of a configuration away, so that what the registry does
// without them counts again. A field that the same call sets is an error. Given
// twice, both count. Default: none; SetConfig keeps what it does not set.
func Clear(fields ...ConfigField) ClearOption { return ClearOption{slices.Clone(fields)} }

func (o ClearOption) applySetConfig(c *setConfigConfig) { c.clear = append(c.clear, o.fields...) }

// SetModeOption changes one call of SetMode.
type SetModeOption interface{ applySetMode(*setModeConfig) }

type setModeConfig struct{ force bool }

// ForceOption is an option of SetMode.
type ForceOption struct{}

// Force sets [ModeImport] although there are live subjects in the scope, whose
// soft-deleted versions are then deleted for good. Default: the registry refuses.
func Force() ForceOption { return ForceOption{} }

func (ForceOption) applySetMode(c *setModeConfig) { c.force = true }

// DeleteModeOption changes one call of DeleteMode.
type DeleteModeOption interface{ applyDeleteMode(*deleteModeConfig) }

type deleteModeConfig struct{ recursive bool }

// RecursiveOption is an option of DeleteMode.
type RecursiveOption struct{}

// Recursive also removes the modes of the subjects in the scope. Default: only the
// scope's own mode.
func Recursive() RecursiveOption { return RecursiveOption{} }

func (RecursiveOption) applyDeleteMode(c *deleteModeConfig) { c.recursive = true }
