package registry

// RegisterOption changes one call of Register.
type RegisterOption interface{ applyRegister(*registerConfig) }

// LookupOption changes one call of Lookup.
type LookupOption interface{ applyLookup(*lookupConfig) }

type registerConfig struct{ normalize bool }

type lookupConfig struct{ normalize, deleted bool }

// NormalizeOption is an option of both Register and Lookup.
type NormalizeOption struct{}

// Normalize asks the registry to bring the schema to its normal form first, so
// that texts which differ in layout only are one schema. Default: the text is
// taken as it is.
func Normalize() NormalizeOption { return NormalizeOption{} }

func (NormalizeOption) applyRegister(c *registerConfig) { c.normalize = true }
func (NormalizeOption) applyLookup(c *lookupConfig)     { c.normalize = true }
