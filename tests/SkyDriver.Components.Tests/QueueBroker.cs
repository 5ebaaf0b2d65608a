using System.Text;
using System.Threading.Channels;

namespace SkyDriver.Components.Tests;

/// <summary>One queue per topic, which may outlive the object; a message leaves it when the sidecar says that it was processed.</summary>
internal sealed class QueueBroker(string name, Dictionary<string, Channel<PublishedMessage>> topics, List<string> calls, PubSubFeatures features = PubSubFeatures.None) : IPubSub
{
    public PubSubFeatures Features => features;

    public Task InitAsync(IReadOnlyDictionary<string, string> properties, CancellationToken ct)
    {
        Note($"init {name} {properties["consumerID"]}");
        return Task.CompletedTask;
    }

    public async Task PublishAsync(PublishedMessage message, CancellationToken ct)
    {
        if (Encoding.UTF8.GetString(message.Data.Span).Contains("refuse")) throw new ComponentException(ComponentFault.InvalidRequest, "refused");
        await Topic(message.Topic).Writer.WriteAsync(message with { Data = message.Data.ToArray() }, ct);
    }

    public async Task<IReadOnlyDictionary<int, string>> BulkPublishAsync(IReadOnlyList<PublishedMessage> messages, CancellationToken ct)
    {
        Note($"bulk {messages.Count}");
        Dictionary<int, string> failed = [];
        for (int i = 0; i < messages.Count; i++)
        {
            try
            {
                await PublishAsync(messages[i], ct);
            }
            catch (ComponentException fault)
            {
                failed[i] = fault.Message;
            }
        }

        return failed;
    }

    public async Task PullAsync(TopicSubscription subscription, Func<TopicMessage, CancellationToken, Task<DeliveryResult>> deliver, CancellationToken ct)
    {
        Note($"pull {subscription.Topic}");
        Channel<PublishedMessage> topic = Topic(subscription.Topic);
        while (true)
        {
            PublishedMessage message = await topic.Reader.ReadAsync(ct);
            bool done = false;
            try
            {
                DeliveryResult result = await deliver(new TopicMessage { Data = message.Data, ContentType = message.ContentType }, ct);
                done = result.IsProcessed;
                Note(result.IsProcessed ? "ack" : $"nack: {result.Error}");
            }
            finally
            {
                if (!done) topic.Writer.TryWrite(message);
            }
        }
    }

    private Channel<PublishedMessage> Topic(string topic)
    {
        lock (topics) return topics.TryGetValue(topic, out var found) ? found : topics[topic] = Channel.CreateUnbounded<PublishedMessage>();
    }

    private void Note(string call)
    {
        lock (calls) calls.Add(call);
    }
}
