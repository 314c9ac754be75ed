package avro

// ByPlan is an encoder of the same values that has no generated code, and whether e has some.
func (e *Encoder[T]) ByPlan() (_ *Encoder[T], generated bool) {
	plan := *e
	plan.generated = nil
	return &plan, e.generated != nil
}

// ByPlan is a decoder of the same data that has no generated code, and whether d has some.
func (d *Decoder[T]) ByPlan() (_ *Decoder[T], generated bool) {
	plan := *d
	plan.generated = nil
	return &plan, d.generated != nil
}

// DecodeByCode reports whether the generated code alone reads the payload.
func (d *Decoder[T]) DecodeByCode(payload []byte, v *T) bool {
	return d.decodeGenerated(payload, v, d.strings)
}

// AppendByCode writes v with the generated code alone.
func (e *Encoder[T]) AppendByCode(dst []byte, v T) ([]byte, bool) {
	return e.generated.append(&v, dst, e.mode)
}
