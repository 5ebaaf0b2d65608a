using System.Text.Json;
using System.Text.Json.Serialization;

namespace k8s.Models;

/// <summary>The status of a <see cref="V1Status"/>, which is a text; that of another object, which is an object, is passed over.</summary>
internal sealed class StatusText : JsonConverter<string?>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is JsonTokenType.String) return reader.GetString();
        reader.Skip();
        return null;
    }

    public override void Write(Utf8JsonWriter writer, string? value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
