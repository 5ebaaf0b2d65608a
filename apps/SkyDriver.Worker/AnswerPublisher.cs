using System.Globalization;
using Dapr;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Messages;

namespace SkyDriver.Worker;

/// <summary>Sends what a worker has to say to the scan.</summary>
public sealed class AnswerPublisher(Broker broker, WorkerOptions options, TimeProvider clock)
{
    private static readonly TimeSpan[] Waits = [TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)];

    /// <exception cref="DaprException">The broker stays away.</exception>
    public async Task PublishAsync(RecoBatchV1 answer, CancellationToken stop)
    {
        string id = string.Create(CultureInfo.InvariantCulture, $"{answer.ScanId}-{answer.BatchNumber}-{options.WorkerId}");
        ProtobufCloudEvent message = ProtobufCloudEvent.Wrap(id, MessageTypes.RecoBatchV1, AppIds.Worker, answer);
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                await broker.PublishAsync(Topics.Recos, message, stop);
                return;
            }
            catch (DaprException) when (attempt < Waits.Length)
            {
                await Task.Delay(Waits[attempt], clock, stop);
            }
        }
    }
}
