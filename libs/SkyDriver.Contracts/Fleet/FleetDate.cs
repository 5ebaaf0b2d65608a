using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SkyDriver.Contracts.Fleet;

/// <summary>Dates of the fleet: UTC, always six decimals and <c>+00:00</c>, so that old and new readers of ISO dates take them alike.</summary>
public sealed class FleetDate : JsonConverter<DateTimeOffset>
{
    private const string Format = "'\"'yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00\"'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType is JsonTokenType.String
        && DateTimeOffset.TryParse(reader.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset date)
            ? date
            : throw new JsonException("A date must be text such as 2026-11-21T13:00:00+00:00.");

    // Raw, as an escaped plus sign would be right and unreadable.
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture), skipInputValidation: true);
}
