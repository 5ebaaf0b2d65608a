using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Dapr.Actors.Runtime;

/// <summary>One change of a turn; a removal has no value.</summary>
internal sealed record ActorStateChange(string Name, bool Removed, object? Value, Type Type, TimeSpan? Ttl);

/// <summary>Reads and writes the state of one actor as JSON.</summary>
internal sealed class ActorStateProvider(ActorApi api, string actorType, string actorId, JsonSerializerOptions json)
{
    /// <summary>Null when the key is missing. Without a type the value is not decoded.</summary>
    public async Task<(object? Value, DateTimeOffset? Expires)?> LoadAsync(string name, Type? type, CancellationToken ct)
    {
        if (await api.GetStateAsync(actorType, actorId, name, ct) is not { } stored) return null;
        return (type is null ? null : JsonSerializer.Deserialize(stored.Value, type, json), stored.Expires);
    }

    /// <summary>All changes in one transaction.</summary>
    public async Task SaveAsync(IReadOnlyList<ActorStateChange> changes, CancellationToken ct)
    {
        var buffer = new ArrayBufferWriter<byte>();
        await using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (var change in changes) Write(writer, change);
            writer.WriteEndArray();
        }

        await api.SaveStateAsync(actorType, actorId, buffer.WrittenSpan.ToArray(), ct);
    }

    private void Write(Utf8JsonWriter writer, ActorStateChange change)
    {
        writer.WriteStartObject();
        writer.WriteString("operation", change.Removed ? "delete" : "upsert");
        writer.WriteStartObject("request");
        writer.WriteString("key", change.Name);
        if (!change.Removed)
        {
            writer.WritePropertyName("value");
            JsonSerializer.Serialize(writer, change.Value, change.Type, json);
        }

        if (change.Ttl is { } ttl)
        {
            writer.WriteStartObject("metadata");
            writer.WriteString("ttlInSeconds", ((long)Math.Ceiling(ttl.TotalSeconds)).ToString(CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
