using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace k8s;

/// <summary>JSON as the API speaks it: camel case, nothing for null, UTC times.</summary>
public static class KubernetesJson
{
    internal static JsonSerializerOptions Options { get; } = Create(JsonUnmappedMemberHandling.Skip);

    /// <summary>Refuses fields that the types do not have.</summary>
    internal static JsonSerializerOptions Strict { get; } = Create(JsonUnmappedMemberHandling.Disallow);

    public static TValue Deserialize<TValue>(string json, JsonSerializerOptions? jsonSerializerOptions = null) =>
        JsonSerializer.Deserialize<TValue>(json, jsonSerializerOptions ?? Options)!;

    public static TValue Deserialize<TValue>(Stream json, JsonSerializerOptions? jsonSerializerOptions = null) =>
        JsonSerializer.Deserialize<TValue>(json, jsonSerializerOptions ?? Options)!;

    public static string Serialize(object value, JsonSerializerOptions? jsonSerializerOptions = null) =>
        JsonSerializer.Serialize(value, value.GetType(), jsonSerializerOptions ?? Options);

    private static JsonSerializerOptions Create(JsonUnmappedMemberHandling unmapped) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = unmapped,
        Converters = { new JsonStringEnumConverter(), new TimeConverter() },
    };

    /// <summary>RFC 3339, to the second or to the microsecond.</summary>
    private sealed class TimeConverter : JsonConverter<DateTime>
    {
        public override DateTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset().UtcDateTime;

        public override void Write(Utf8JsonWriter writer, DateTime value, JsonSerializerOptions options)
        {
            DateTime utc = value.ToUniversalTime();
            string format = utc.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";
            writer.WriteStringValue(utc.ToString(format, CultureInfo.InvariantCulture));
        }
    }
}
