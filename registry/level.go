package registry

// Level is a compatibility level: what a registry checks before it takes a new
// version of a subject (REST: compatibility, compatibilityLevel).
type Level string

// The compatibility levels. The plain ones check against the newest live
// version, the transitive ones against every live version.
const (
	LevelNone               Level = "NONE"
	LevelBackward           Level = "BACKWARD" // the new schema reads what the old one wrote
	LevelBackwardTransitive Level = "BACKWARD_TRANSITIVE"
	LevelForward            Level = "FORWARD" // the old schema reads what the new one writes
	LevelForwardTransitive  Level = "FORWARD_TRANSITIVE"
	LevelFull               Level = "FULL" // both
	LevelFullTransitive     Level = "FULL_TRANSITIVE"
)

// Policy says how strictly a registry compares schemas (REST: compatibilityPolicy).
type Policy string

// The compatibility policies.
const (
	PolicyStrict  Policy = "STRICT"
	PolicyLenient Policy = "LENIENT"
	PolicyLogical Policy = "LOGICAL" // not every release knows it
)

// Mode says what a registry lets be done to a subject (REST: mode).
type Mode string

// The modes. ModeForward is taken for [EveryContext] only.
const (
	ModeReadWrite        Mode = "READWRITE"
	ModeReadOnly         Mode = "READONLY"
	ModeReadOnlyOverride Mode = "READONLY_OVERRIDE" // deprecated by the reference registry
	ModeImport           Mode = "IMPORT"            // schemas come with their ids and versions
	ModeForward          Mode = "FORWARD"
)
