using SkyDriver.IceCube;
using SkyDriver.Reco;

namespace SkyDriver.External;

/// <summary>Hands fits to a long-lived child process. It is started with the first fit, and anew with the next one after any fault.</summary>
public sealed class ExternalReconstruction(ExternalProgram program, IceCubeEvent ev, TimeProvider clock) : IReconstruction, IDisposable
{
    private ExternalProcess? _process;
    private long _asked;

    /// <exception cref="ExternalProgramException">The program ended, wrote something else than an answer, or said that it cannot.</exception>
    /// <exception cref="TimeoutException">It took longer than its own limits allow.</exception>
    /// <inheritdoc/>
    public RecoFit Fit(in VariationSeed seed, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            ExternalProcess process = _process ??= Start(cancellationToken);
            long id = ++_asked;
            byte[] request = Messages.Fit(id, seed);
            return Within(program.FitTimeout, "for a fit", cancellationToken, stop => Messages.Answer(process.Ask(request, stop), id));
        }
        catch
        {
            // Whatever it was, what comes next on the pipe cannot be trusted.
            Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _process?.Dispose();
        _process = null;
    }

    private ExternalProcess Start(CancellationToken cancellationToken)
    {
        ExternalProcess process = new(program.Command);
        try
        {
            Within(program.StartTimeout, "to read the event", cancellationToken, stop =>
            {
                Messages.CheckReady(process.Ask(Messages.Event(ev), stop));
                return true;
            });
            return process;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    private T Within<T>(TimeSpan limit, string purpose, CancellationToken cancellationToken, Func<CancellationToken, T> work)
    {
        using CancellationTokenSource late = new(limit, clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return work(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"'{program.Command[0]}' took longer than {limit.TotalSeconds:0} s {purpose}.");
        }
        catch (OperationCanceledException)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }
}
