using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resiliency;

namespace SkyDriver.Sidecar.PubSub;

/// <summary>Publishes several items of one call; each is accepted or refused by itself.</summary>
internal static class BulkPublisher
{
    internal readonly record struct Entry(string Id, Publisher.Item Item);

    internal readonly record struct Failure(string EntryId, string Error);

    /// <returns>The entries that were not published, with the reason.</returns>
    /// <exception cref="DaprFault">An entry has no id, or that of another.</exception>
    public static async ValueTask<IReadOnlyList<Failure>> PublishAsync(IReadOnlyList<Entry> entries, PubSubComponent pubsub, string topic, HttpContext context, TimeProvider clock)
    {
        CheckIds(entries);
        List<Failure> failed = [];
        List<Message> messages = new(entries.Count);
        List<string> ids = new(entries.Count);
        Publisher publisher = new(pubsub, topic, context, clock);
        foreach (Entry entry in entries)
        {
            try
            {
                messages.Add(publisher.Create(entry.Item));
                ids.Add(entry.Id);
            }
            catch (DaprFault fault)
            {
                failed.Add(new(entry.Id, fault.Status.Detail));
            }
        }

        if (messages.Count == 0) return failed;
        try
        {
            await pubsub.Policy.ExecuteAsync(
                (pubsub.Broker, Topic: topic, Messages: messages), static (s, token) => Publisher.SendAsync(s.Broker, s.Topic, s.Messages, token), context.RequestAborted,
                judgeFault: static fault => fault is BulkPublishException ? Verdict.Success : Verdict.Of(fault));
        }
        catch (BulkPublishException some)
        {
            foreach ((int position, string reason) in some.Failures) failed.Add(new(ids[position], reason));
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            foreach (string id in ids) failed.Add(new(id, fault.Message));
        }

        return failed;
    }

    private static void CheckIds(IReadOnlyList<Entry> entries)
    {
        HashSet<string> ids = new(entries.Count, StringComparer.Ordinal);
        foreach (Entry entry in entries)
        {
            if (entry.Id.Length == 0) throw DaprErrors.PubSubEventSerialization("entryId is missing");
            if (!ids.Add(entry.Id)) throw DaprErrors.PubSubEventSerialization($"entryId '{entry.Id}' is there twice");
        }
    }
}
