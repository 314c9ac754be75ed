package registry

// Code is the error_code of a registry's answer (REST error body). Each is an
// error itself: errors.Is(err, registry.ErrSubjectNotFound) asks for it.
type Code int

// The codes of the reference registry. The first three digits are the HTTP status.
const (
	ErrSubjectNotFound        Code = 40401
	ErrVersionNotFound        Code = 40402
	ErrSchemaNotFound         Code = 40403
	ErrSubjectSoftDeleted     Code = 40404 // deleting it again needs permanent
	ErrSubjectNotSoftDeleted  Code = 40405 // permanent needs a soft delete first
	ErrVersionSoftDeleted     Code = 40406
	ErrVersionNotSoftDeleted  Code = 40407
	ErrNoSubjectCompatibility Code = 40408 // no level is set for the subject itself
	ErrNoSubjectMode          Code = 40409
	ErrAssociationNotFound    Code = 40410

	ErrIncompatible              Code = 40901 // older registries answer with 409
	ErrTooManyAssociations       Code = 40902
	ErrResourceAssociated        Code = 40903
	ErrSubjectAssociated         Code = 40904
	ErrSubjectStronglyAssociated Code = 40905
	ErrNoActiveVersion           Code = 40907
	ErrAssociationFrozen         Code = 40908

	ErrInvalidSchema        Code = 42201
	ErrInvalidVersion       Code = 42202
	ErrInvalidCompatibility Code = 42203
	ErrInvalidMode          Code = 42204
	ErrNotPermitted         Code = 42205 // the mode, or the id asked for, forbids it
	ErrReferenceExists      Code = 42206 // something still refers to what was to be deleted
	ErrIDMismatch           Code = 42207
	ErrInvalidSubject       Code = 42208
	ErrSchemaTooLarge       Code = 42209
	ErrInvalidRuleSet       Code = 42210
	ErrContextNotEmpty      Code = 42211
	ErrInvalidAssociation   Code = 42212

	ErrStore         Code = 50001
	ErrTimedOut      Code = 50002
	ErrForwarding    Code = 50003
	ErrUnknownLeader Code = 50004
)

var codeTexts = map[Code]string{
	ErrSubjectNotFound:        "subject not found",
	ErrVersionNotFound:        "version not found",
	ErrSchemaNotFound:         "schema not found",
	ErrSubjectSoftDeleted:     "subject is soft-deleted already",
	ErrSubjectNotSoftDeleted:  "subject is not soft-deleted",
	ErrVersionSoftDeleted:     "version is soft-deleted already",
	ErrVersionNotSoftDeleted:  "version is not soft-deleted",
	ErrNoSubjectCompatibility: "subject has no compatibility level of its own",
	ErrNoSubjectMode:          "subject has no mode of its own",
	ErrAssociationNotFound:    "association not found",

	ErrIncompatible:              "schema is incompatible with an earlier one",
	ErrTooManyAssociations:       "too many associations",
	ErrResourceAssociated:        "resource has an association already",
	ErrSubjectAssociated:         "subject has an association already",
	ErrSubjectStronglyAssociated: "subject has a strong association already",
	ErrNoActiveVersion:           "subject has no active version",
	ErrAssociationFrozen:         "association is frozen",

	ErrInvalidSchema:        "invalid schema",
	ErrInvalidVersion:       "invalid version",
	ErrInvalidCompatibility: "invalid compatibility level",
	ErrInvalidMode:          "invalid mode",
	ErrNotPermitted:         "operation not permitted",
	ErrReferenceExists:      "a reference to it exists",
	ErrIDMismatch:           "schema id does not match",
	ErrInvalidSubject:       "invalid subject",
	ErrSchemaTooLarge:       "schema too large",
	ErrInvalidRuleSet:       "invalid rule set",
	ErrContextNotEmpty:      "context is not empty",
	ErrInvalidAssociation:   "invalid association",

	ErrStore:         "error in the registry's store",
	ErrTimedOut:      "operation timed out in the registry",
	ErrForwarding:    "registry could not forward the request",
	ErrUnknownLeader: "registry knows no leader",
}

// Error is what the code means.
func (c Code) Error() string {
	if text, ok := codeTexts[c]; ok {
		return "registry: " + text
	}
	return "registry: error code without a known meaning"
}
