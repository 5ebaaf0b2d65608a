using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using RabbitMQ.Client;
using SkyDriver.Sidecar.PubSub;
using SkyDriver.Sidecar.PubSub.RabbitMq;

namespace SkyDriver.Sidecar.Tests.PubSub.RabbitMq;

/// <summary>A server, and messages that are numbers.</summary>
public abstract class RabbitMqTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    private protected CancellationTokenSource Limit { get; } = new(Deadline);

    private protected RabbitServer Server { get; private set; } = null!;

    public ValueTask InitializeAsync()
    {
        Server = new RabbitServer();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Limit.Dispose();
    }

    private protected static int[] Numbers(params int[] numbers) => numbers;

    private protected async Task<IConsumer> JoinAsync(RabbitMqBroker broker, string group, int prefetch) =>
        await broker.SubscribeAsync(Server.Topic, group, SubscriptionOptions.Default with { Prefetch = prefetch }, Limit.Token);

    private protected async Task PublishAsync(RabbitMqBroker broker, params int[] numbers) =>
        await broker.PublishAsync(Server.Topic, [.. numbers.Select(Numbered)], Limit.Token);

    private protected static Message Numbered(int number) => new(Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)), "", false, null, null);

    private protected static int Number(QueuedMessage message) => int.Parse(Encoding.UTF8.GetString(message.Message.Data), CultureInfo.InvariantCulture);

    private protected async Task<QueuedMessage> TakeAsync(IConsumer consumer) => Assert.Single(await consumer.TakeAsync(1, Limit.Token));

    private protected async Task<int[]> TakeAllAsync(IConsumer consumer, int count)
    {
        int[] numbers = new int[count];
        for (int i = 0; i < count; i++) numbers[i] = Number(await TakeAsync(consumer));
        return numbers;
    }

    private protected async Task<uint> CountAsync(string queue)
    {
        await using IChannel channel = await Server.ForeignChannelAsync();
        return await channel.MessageCountAsync(queue);
    }

    private protected async Task<bool> ExistsAsync(string queue)
    {
        await using IChannel channel = await Server.ForeignChannelAsync();
        try
        {
            return (await channel.QueueDeclarePassiveAsync(queue)).ConsumerCount > 0;
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException)
        {
            return false;
        }
    }

    private protected static Task HoldsAsync(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "") => Until.HoldsAsync(condition, what);
}
