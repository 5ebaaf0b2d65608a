using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace k8s.Models;

/// <summary>An amount with a suffix, such as <c>500m</c> (half of one), <c>8Gi</c> (8·2³⁰) or <c>1e3</c>.</summary>
[JsonConverter(typeof(Converter))]
public class ResourceQuantity
{
    private static readonly (string Suffix, decimal Factor)[] Suffixes =
    [
        ("Ki", 1m * (1L << 10)), ("Mi", 1m * (1L << 20)), ("Gi", 1m * (1L << 30)), ("Ti", 1m * (1L << 40)), ("Pi", 1m * (1L << 50)), ("Ei", 1m * (1L << 60)),
        ("n", 1e-9m), ("u", 1e-6m), ("m", 1e-3m), ("k", 1e3m), ("M", 1e6m), ("G", 1e9m), ("T", 1e12m), ("P", 1e15m), ("E", 1e18m), ("", 1m),
    ];

    private readonly string _text;
    private readonly decimal _value;

    /// <exception cref="FormatException">The text is no quantity.</exception>
    public ResourceQuantity(string v)
    {
        ArgumentNullException.ThrowIfNull(v);
        _text = v;
        _value = Parse(v);
    }

    public static implicit operator ResourceQuantity(string v) => new(v);

    public static implicit operator decimal(ResourceQuantity v) => v.ToDecimal();

    public static implicit operator ResourceQuantity(decimal v) => new(decimal.Truncate(v) == v ? Text(v) : Text(v * 1000) + "m");

    public static bool operator ==(ResourceQuantity? left, ResourceQuantity? right) => left is null ? right is null : left.Equals(right);

    public static bool operator !=(ResourceQuantity? left, ResourceQuantity? right) => !(left == right);

    public decimal ToDecimal() => _value;

    public long ToInt64() => (long)_value;

    /// <summary>By value: 1024Mi equals 1Gi.</summary>
    public bool Equals(ResourceQuantity? other) => other is not null && other._value == _value;

    public override bool Equals(object? obj) => Equals(obj as ResourceQuantity);

    public override int GetHashCode() => _value.GetHashCode();

    public override string ToString() => _text;

    private static string Text(decimal number) => decimal.Ceiling(number).ToString(CultureInfo.InvariantCulture);

    private static decimal Parse(string text)
    {
        // An exponent ends in a digit, so the suffix E for 10^18 cannot be taken for one.
        (string suffix, decimal factor) = Suffixes.First(s => text.EndsWith(s.Suffix, StringComparison.Ordinal));
        try
        {
            const NumberStyles Number = NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign;
            NumberStyles style = suffix.Length == 0 ? Number | NumberStyles.AllowExponent : Number;
            if (decimal.TryParse(text.AsSpan(0, text.Length - suffix.Length), style, CultureInfo.InvariantCulture, out decimal number)) return number * factor;
        }
        catch (OverflowException)
        {
            // Said below.
        }

        throw new FormatException($"'{text}' is no quantity; write a number with an optional suffix, such as 500m, 2 or 8Gi.");
    }

    private sealed class Converter : JsonConverter<ResourceQuantity>
    {
        public override ResourceQuantity Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            try
            {
                return reader.TokenType switch
                {
                    JsonTokenType.String => new(reader.GetString()!),
                    JsonTokenType.Number => new(System.Text.Encoding.UTF8.GetString(reader.ValueSpan)),
                    _ => throw new JsonException("A quantity is a text or a number."),
                };
            }
            catch (FormatException fault)
            {
                throw new JsonException(fault.Message, fault);
            }
        }

        public override void Write(Utf8JsonWriter writer, ResourceQuantity value, JsonSerializerOptions options) => writer.WriteStringValue(value._text);
    }
}
