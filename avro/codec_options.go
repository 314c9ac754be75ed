package avro

// EncoderOption changes an [Encoder]; see [NewEncoder].
type EncoderOption interface{ applyToEncoder(*encodeConfig) }

// DecoderOption changes a [Decoder]; see [NewDecoder].
type DecoderOption interface{ applyToDecoder(*decodeConfig) }

// CodecOption changes both, and a [Format].
type CodecOption interface {
	EncoderOption
	DecoderOption
	FormatOption
}

type encodeConfig struct {
	limits     Limits
	raw        bool
	allowExtra bool

	conversions conversions
	unions      unions
}

type decodeConfig struct {
	limits         Limits
	raw            bool
	allowExtra     bool
	allowMissing   bool
	allowTrailing  bool
	allowNarrowing bool
	inPlace        bool
	reuse          bool
	plainUnions    bool
	conversions    conversions
	unions         unions
}

type codecOption struct {
	encoder func(*encodeConfig)
	decoder func(*decodeConfig)
}

func (o codecOption) applyToEncoder(c *encodeConfig) { o.encoder(c) }
func (o codecOption) applyToDecoder(c *decodeConfig) { o.decoder(c) }
func (o codecOption) applyToFormat(c *formatConfig) {
	c.encoder = append(c.encoder, o)
	c.decoder = append(c.decoder, o)
}

// WithLimits sets the limits; see [Limits] for the defaults. On encoding only Depth
// counts.
func WithLimits(l Limits) CodecOption {
	return codecOption{func(c *encodeConfig) { c.limits = l }, func(c *decodeConfig) { c.limits = l }}
}

// WithRawStrings takes strings that are not valid UTF-8, in both directions. Without
// it they are errors, as Avro 1.12 defines strings to be UTF-8.
func WithRawStrings() CodecOption {
	return codecOption{func(c *encodeConfig) { c.raw = true }, func(c *decodeConfig) { c.raw = true }}
}

// AllowExtraFields lets the Go type, or a dynamic record, have fields that the schema
// lacks: they are not written, and keep their values on reading. Without it they are
// errors, so that no data vanish silently.
func AllowExtraFields() CodecOption {
	return codecOption{func(c *encodeConfig) { c.allowExtra = true }, func(c *decodeConfig) { c.allowExtra = true }}
}

// DecoderFormatOption changes a [Decoder], and a [Format].
type DecoderFormatOption interface {
	DecoderOption
	FormatOption
}

type decoderOption func(*decodeConfig)

func (o decoderOption) applyToDecoder(c *decodeConfig) { o(c) }
func (o decoderOption) applyToFormat(c *formatConfig)  { c.decoder = append(c.decoder, o) }

// AllowMissingFields lets the reader schema have fields that the Go type lacks: they
// are passed over. Without it they are errors.
func AllowMissingFields() DecoderFormatOption {
	return decoderOption(func(c *decodeConfig) { c.allowMissing = true })
}

// AllowTrailingBytes ignores bytes after the value, as other clients do. Without it
// they are errors of the class [serde.TrailingBytes].
func AllowTrailingBytes() DecoderFormatOption {
	return decoderOption(func(c *decodeConfig) { c.allowTrailing = true })
}

// AllowNarrowing reads a writer's long into a reader's int as long as the value fits
// one, so that a program goes on reading after its schema's int became a long. A
// value that does not fit is an error of the class [serde.TypeMismatch]. Without it
// the two are incompatible, as Avro has promotions in the other direction only.
func AllowNarrowing() DecoderFormatOption {
	return decoderOption(func(c *decodeConfig) { c.allowNarrowing = true })
}

// PlainUnions reads the value of a union, within a dynamic value, as it is, and not as
// goavro's map from the branch's name to it: "x" and not map[string]any{"string":
// "x"}. That is easier to look at; where two branches have one Go type it does not
// tell which was written, and writing such a value is then an error.
func PlainUnions() DecoderFormatOption {
	return decoderOption(func(c *decodeConfig) { c.plainUnions = true })
}

// StringsInPayload lets strings lie where the payload has them, in place of copies.
// Whoever calls Decode then gives the payload away: nobody may write to it
// afterwards, and it stays in memory as long as one of its strings does. The
// records that a Kafka client hands out have memory of their own, so a consumer may
// say this. Without it nothing refers to the payload. The purego build copies
// all the same.
func StringsInPayload() DecoderFormatOption {
	return decoderOption(func(c *decodeConfig) { c.inPlace = true })
}

// ReuseMemory lets Decode use again what *v holds already: the arrays of its slices,
// its maps, and what its pointers point to. The values of the datum read before into
// the same *v are then overwritten, also where something else refers to them.
// Without it they are made anew each time.
func ReuseMemory() DecoderFormatOption {
	return decoderOption(func(c *decodeConfig) { c.reuse = true })
}
