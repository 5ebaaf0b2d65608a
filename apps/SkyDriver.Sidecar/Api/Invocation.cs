using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resiliency;

namespace SkyDriver.Sidecar.Api;

/// <summary>A call of one app by another: finds an instance that can be reached, and tries as often as the policies say.</summary>
/// <param name="appId">Of the one called, plain or followed by a dot and the namespace.</param>
internal sealed class Invocation(InstanceSidecar caller, string appId)
{
    private readonly AppGroup? _callee = Find(caller.Instance.App, appId);

    private string CalleeId => _callee?.AppId ?? appId;

    /// <summary>Whether policies may send the request more than once even though the app answered.</summary>
    public bool Repeats => caller.Resources.Policies.App(CalleeId).Repeats;

    /// <param name="build">Makes the request of each attempt.</param>
    /// <param name="canRepeat">Asked after an attempt without an answer: whether the request is still there to be sent again.</param>
    /// <exception cref="DaprFault">ERR_DIRECT_INVOKE: nobody can be reached, or a policy gave up.</exception>
    public async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> build, Func<bool> canRepeat, CancellationToken ct)
    {
        ResiliencyPolicy policy = caller.Resources.Policies.App(CalleeId);
        try
        {
            return policy.IsNone
                ? await caller.Resources.Policies.BuiltInInvocation.ExecuteAsync(token => AttemptAsync(build, token), ct, judgeFault: JudgeFault)
                : await policy.ExecuteAsync(token => AttemptAsync(build, token), ct, static response => Verdict.Http((int)response.StatusCode), JudgeFault);
        }
        catch (HttpRequestException fault)
        {
            // The caller's own body was at fault: too large, or it broke off.
            for (Exception? cause = fault; cause is not null; cause = cause.InnerException)
            {
                if (cause is BadHttpRequestException) throw cause;
            }

            throw DaprErrors.InvokeUnreachable(appId, fault.Message);
        }
        catch (Exception fault) when (fault is TimeoutException or CircuitOpenException)
        {
            throw DaprErrors.InvokeUnreachable(appId, fault.Message);
        }

        Verdict JudgeFault(Exception fault) => fault is HttpRequestException or TimeoutException && canRepeat() ? Verdict.Failure : Verdict.Success;
    }

    private async ValueTask<HttpResponseMessage> AttemptAsync(Func<HttpRequestMessage> build, CancellationToken ct)
    {
        AppInstance callee = Pick();
        using HttpRequestMessage request = build();
        request.Headers.TryAddWithoutValidation("dapr-caller-app-id", caller.Instance.AppId);
        request.Headers.TryAddWithoutValidation("dapr-caller-namespace", caller.Instance.Namespace);
        request.Headers.TryAddWithoutValidation("dapr-callee-app-id", callee.AppId);
        return await callee.Channel!.SendAsync(request, ct);
    }

    private AppInstance Pick()
    {
        AppInstance[] there = [.. _callee?.Instances.Where(i => i.Channel is not null && !i.Gone.IsCancellationRequested) ?? []];
        if (there.Length == 0) throw DaprErrors.InvokeUnreachable(appId, "no instance of this app with a port is running here");
        AppInstance[] well = [.. there.Where(i => i.IsHealthy)];
        return well.Length > 0 ? well[Random.Shared.Next(well.Length)] : throw DaprErrors.InvokeUnreachable(appId, "the app is not in a healthy state");
    }

    private static AppGroup? Find(AppGroup caller, string appId)
    {
        if (caller.Directory.Find(appId) is { } found) return found;
        int dot = appId.LastIndexOf('.');
        return dot > 0 && caller.Directory.Find(appId[..dot]) is { } other && other.Namespace == appId[(dot + 1)..] ? other : null;
    }
}
