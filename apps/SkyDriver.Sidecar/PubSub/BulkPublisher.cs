using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>Publishes several items of one call; each is accepted or refused by itself.</summary>
internal static class BulkPublisher
{
    internal readonly record struct Entry(string Id, Publisher.Item Item);

    /// <returns>The entries that were not published, with the reason.</returns>
    /// <exception cref="DaprFault">An entry has no id, or that of another.</exception>
    public static IReadOnlyList<(string EntryId, string Error)> Publish(IReadOnlyList<Entry> entries, PubSubComponent pubsub, string topic, HttpContext context, TimeProvider clock)
    {
        HashSet<string> ids = new(StringComparer.Ordinal);
        foreach (Entry entry in entries)
        {
            if (entry.Id.Length == 0) throw DaprErrors.PubSubEventSerialization("entryId is missing");
            if (!ids.Add(entry.Id)) throw DaprErrors.PubSubEventSerialization($"entryId '{entry.Id}' is there twice");
        }

        List<(string, string)> failed = [];
        List<Message> messages = [];
        foreach (Entry entry in entries)
        {
            try
            {
                messages.Add(Publisher.Create(entry.Item, pubsub, topic, context, clock));
            }
            catch (DaprFault fault)
            {
                failed.Add((entry.Id, fault.Status.Detail));
            }
        }

        try
        {
            if (messages.Count > 0) Publisher.Publish(pubsub, topic, messages);
            return failed;
        }
        catch (DaprFault full)
        {
            return [.. entries.Select(e => (e.Id, full.Status.Detail))];
        }
    }
}
