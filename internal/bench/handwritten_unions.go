package bench

import "unicode/utf8"

func appendObservation(b []byte, o *observation) ([]byte, error) {
	if !valid(o.ID) {
		return nil, errValue
	}
	b = appendString(b, o.ID)
	b = appendLong(b, int64(o.Version))
	var err error
	if b, err = appendOptional(b, o.Note); err != nil {
		return nil, err
	}
	if b, err = appendOptional(b, o.Remark); err != nil {
		return nil, err
	}
	if o.Count == nil {
		b = append(b, 0)
	} else {
		b = appendLong(append(b, 2), *o.Count)
	}
	if o.Ratio == nil {
		b = append(b, 0)
	} else {
		b = appendDouble(append(b, 2), *o.Ratio)
	}
	if o.Flag == nil {
		b = append(b, 0)
	} else {
		b = appendBoolean(append(b, 2), *o.Flag)
	}
	b = appendPoint(b, o.Place)
	b = appendPoint(b, o.Origin)
	if b, err = appendOptional(b, o.Code); err != nil {
		return nil, err
	}
	if b, err = appendVariant(b, o.First); err != nil {
		return nil, err
	}
	if b, err = appendVariant(b, o.Second); err != nil {
		return nil, err
	}
	if b, err = appendVariant(b, o.Third); err != nil {
		return nil, err
	}
	if b, err = appendVariant(b, o.Fourth); err != nil {
		return nil, err
	}
	if b, err = appendVariant(b, o.Fifth); err != nil {
		return nil, err
	}
	if len(o.Samples) > 0 {
		b = appendLong(b, int64(len(o.Samples)))
		for _, v := range o.Samples {
			if b, err = appendVariant(b, v); err != nil {
				return nil, err
			}
		}
	}
	b = append(b, 0)
	if len(o.Labels) > 0 {
		b = appendLong(b, int64(len(o.Labels)))
		for k, v := range o.Labels {
			if !utf8.ValidString(k) {
				return nil, errValue
			}
			if b, err = appendVariant(appendString(b, k), v); err != nil {
				return nil, err
			}
		}
	}
	return append(b, 0), nil
}

func appendPoint(b []byte, p *point) []byte {
	if p == nil {
		return append(b, 0)
	}
	return appendDouble(appendDouble(append(b, 2), p.X), p.Y)
}

func appendVariant(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, 0), nil
	case string:
		if !utf8.ValidString(v) {
			return nil, errValue
		}
		return appendString(append(b, 2), v), nil
	case int64:
		return appendLong(append(b, 4), v), nil
	case float64:
		return appendDouble(append(b, 6), v), nil
	case bool:
		return appendBoolean(append(b, 8), v), nil
	}
	return nil, errValue
}

func readObservation(payload []byte, strings strategy, o *observation) error {
	r := reading{b: payload, strings: strings}
	o.ID = r.string()
	o.Version = r.int()
	o.Note = r.optional()
	o.Remark = r.optional()
	if r.present() {
		o.Count = new(r.long())
	}
	if r.present() {
		o.Ratio = new(r.double())
	}
	if r.present() {
		o.Flag = new(r.boolean())
	}
	o.Place = r.point()
	o.Origin = r.point()
	o.Code = r.optional()
	o.First = r.variant()
	o.Second = r.variant()
	o.Third = r.variant()
	o.Fourth = r.variant()
	o.Fifth = r.variant()
	o.Samples = r.variants()
	o.Labels = r.labels()
	return r.end()
}

func readLaterObservation(payload []byte, strings strategy, o *laterObservation) error {
	r := reading{b: payload, strings: strings}
	o.ID = r.string()
	o.Version = int64(r.int())
	o.Note = r.optional()
	o.Remark = r.optional()
	if r.present() {
		o.Count = new(r.long())
	}
	if r.present() {
		o.Ratio = new(r.double())
	}
	if r.present() {
		o.Flag = new(r.boolean())
	}
	o.Place = r.point()
	o.Origin = r.point()
	if r.present() {
		r.skipString()
	}
	o.First = r.variant()
	o.Second = r.variant()
	o.Third = r.variant()
	o.Fourth = r.variant()
	o.Fifth = r.variant()
	o.Samples = r.variants()
	o.Labels = r.labels()
	return r.end()
}

func (r *reading) point() *point {
	if !r.present() {
		return nil
	}
	return &point{X: r.double(), Y: r.double()}
}

func (r *reading) variant() any {
	switch r.long() {
	case 0:
		return nil
	case 1:
		return r.string()
	case 2:
		return r.long()
	case 3:
		return r.double()
	case 4:
		return r.boolean()
	}
	r.fail(errValue)
	return nil
}

func (r *reading) variants() []any {
	values := []any{}
	for n := r.block(1); n > 0; n = r.block(1) {
		if cap(values) == 0 {
			values = make([]any, 0, n)
		}
		for range n {
			values = append(values, r.variant())
		}
	}
	return values
}

func (r *reading) labels() map[string]any {
	labels := make(map[string]any)
	for n := r.block(2); n > 0; n = r.block(2) {
		for range n {
			k := r.string()
			labels[k] = r.variant()
		}
	}
	return labels
}

func observationValue(payload []byte) (map[string]any, error) {
	r := reading{b: payload}
	m := make(map[string]any, 17)
	m["id"] = r.string()
	m["version"] = r.int()
	m["note"] = r.optionalValue()
	m["remark"] = r.optionalValue()
	m["count"], m["ratio"], m["flag"] = nil, nil, nil
	if r.present() {
		m["count"] = map[string]any{"long": r.long()}
	}
	if r.present() {
		m["ratio"] = map[string]any{"double": r.double()}
	}
	if r.present() {
		m["flag"] = map[string]any{"boolean": r.boolean()}
	}
	m["place"] = r.pointValue()
	m["origin"] = r.pointValue()
	m["code"] = r.optionalValue()
	m["first"] = r.variantValue()
	m["second"] = r.variantValue()
	m["third"] = r.variantValue()
	m["fourth"] = r.variantValue()
	m["fifth"] = r.variantValue()
	samples := []any{}
	for n := r.block(1); n > 0; n = r.block(1) {
		if cap(samples) == 0 {
			samples = make([]any, 0, n)
		}
		for range n {
			samples = append(samples, r.variantValue())
		}
	}
	m["samples"] = samples
	labels := make(map[string]any)
	for n := r.block(2); n > 0; n = r.block(2) {
		for range n {
			k := r.string()
			labels[k] = r.variantValue()
		}
	}
	m["labels"] = labels
	return m, r.end()
}

func (r *reading) optionalValue() any {
	if !r.present() {
		return nil
	}
	return map[string]any{"string": r.string()}
}

func (r *reading) pointValue() any {
	if !r.present() {
		return nil
	}
	return map[string]any{"com.example.Point": map[string]any{"x": r.double(), "y": r.double()}}
}

func (r *reading) variantValue() any {
	switch r.long() {
	case 0:
		return nil
	case 1:
		return map[string]any{"string": r.string()}
	case 2:
		return map[string]any{"long": r.long()}
	case 3:
		return map[string]any{"double": r.double()}
	case 4:
		return map[string]any{"boolean": r.boolean()}
	}
	r.fail(errValue)
	return nil
}
