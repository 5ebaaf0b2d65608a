using SkyDriver.Client.Fleet;

namespace SkyDriver.Worker.Agent;

/// <summary>Sends one stream of an execution, piece by piece, each from the offset up to which the service has it.</summary>
internal sealed class LogSender(FleetWorkerClient fleet, long execution, string stream, LogSpool spool, TimeProvider clock)
{
    /// <summary>Between two looks for something new.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>Ends when the service has everything.</summary>
    /// <param name="ended">The command is over: no use in waiting for more to come together.</param>
    /// <exception cref="SkyDriver.Client.SkyDriverException">The execution is this worker's no more.</exception>
    public async Task SendAsync(Task ended, CancellationToken stop)
    {
        long sent = 0;
        while (true)
        {
            // Asked before the length is: what comes in between is found in the next round.
            bool isLast = spool.IsEnded;
            if (spool.Length > sent)
            {
                string piece = spool.Read(sent);
                long next = sent + System.Text.Encoding.UTF8.GetByteCount(piece);
                await fleet.AppendAsync(execution, stream, piece, sent, stop);
                sent = next;
            }
            else if (isLast)
            {
                return;
            }

            if (spool.Length == sent && !spool.IsEnded) await Task.WhenAny(ended, Task.Delay(Pause, clock, stop)).Unwrap();
            if (ended.IsCompleted && !spool.IsEnded) await Task.Delay(TimeSpan.FromMilliseconds(20), clock, stop);
        }
    }
}
