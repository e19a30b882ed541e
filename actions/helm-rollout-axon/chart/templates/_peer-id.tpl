{{/*
The peer id of a compressed public key in hexadecimal digits: base58 of 0x1220 and the key's SHA-256.
Templates know neither bytes nor large numbers. Three digits are two letters of base64, whose decoder
gives the bytes; the number is kept in limbs of 58⁸, so that a limb and 16 bits more fit in 63.
*/}}
{{- define "axon.peerId" -}}
{{- $digits := trimPrefix "0x" (lower .) -}}
{{- $base64 := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" -}}
{{- $key := "" -}}
{{- range $at := until 22 -}}
  {{- $bits := int64 (printf "0x%s" (substr (int (mul $at 3)) (int (mul (add1 $at) 3)) $digits)) -}}
  {{- $high := int (div $bits 64) -}}
  {{- $low := int (mod $bits 64) -}}
  {{- $key = print $key (substr $high (int (add1 $high)) $base64) (substr $low (int (add1 $low)) $base64) -}}
{{- end -}}
{{- $hash := print "1220" (sha256sum (b64dec $key)) -}}
{{- $limb := 128063081718016 -}}
{{- $limbs := dict -}}
{{- range $at := until 17 -}}
  {{- $carry := int64 (printf "0x%s" (substr (int (mul $at 4)) (int (mul (add1 $at) 4)) $hash)) -}}
  {{- range $place := until 6 -}}
    {{- $sum := add (mul (default 0 (get $limbs (toString $place))) 65536) $carry -}}
    {{- $_ := set $limbs (toString $place) (mod $sum $limb) -}}
    {{- $carry = div $sum $limb -}}
  {{- end -}}
{{- end -}}
{{- $base58 := "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz" -}}
{{- $text := "" -}}
{{- range $place := until 6 -}}
  {{- $left := get $limbs (toString $place) -}}
  {{- range until 8 -}}
    {{- $digit := int (mod $left 58) -}}
    {{- $text = print (substr $digit (int (add1 $digit)) $base58) $text -}}
    {{- $left = div $left 58 -}}
  {{- end -}}
{{- end -}}
{{- substr 2 48 $text -}}
{{- end -}}
