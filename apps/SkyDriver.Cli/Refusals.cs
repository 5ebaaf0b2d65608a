using SkyDriver.Client;
using SkyDriver.Contracts;

namespace SkyDriver.Cli;

/// <summary>What a service's "no", or a scan's end, means here: an exit code and the next step.</summary>
internal static class Refusals
{
    public static (int ExitCode, string? NextStep) Of(SkyDriverException answer) => answer switch
    {
        // Its text has the next step already.
        { IsUnreachable: true } => (ExitCodes.Unreachable, null),
        { StatusCode: 500 } => (ExitCodes.Failed, "The service broke; its log says why. The same call may be made again without harm."),
        { IsPassing: true } => (ExitCodes.Unreachable, "The service is there but cannot do it just now; try again in a minute."),
        { StatusCode: 401 } => (ExitCodes.Unauthorized, "Log in with 'skydriver login', or set SKYDRIVER_TOKEN."),
        { StatusCode: 403 } => (ExitCodes.Unauthorized, "You are known there but may not do this; ask those who run the service for the role it needs."),
        { IsNotFound: true } => (ExitCodes.NotFound, "'skydriver scan list' shows the scans there are, with --deleted also deleted ones."),
        // Nothing is wrong with the request; it does not fit what it is about.
        { StatusCode: 409 or 422 } => (ExitCodes.Refused, "Nothing was changed: as things stand this is not possible. 'skydriver scan show' or 'list' of what it names says how they stand."),
        { StatusCode: >= 400 and < 500 } => (ExitCodes.Refused, "Nothing was changed; correct what it names and try again."),
        _ => (ExitCodes.Failed, null),
    };

    /// <summary>Why a scan that has ended has no final result.</summary>
    public static CommandException Of(ScanManifest ended)
    {
        string state = ScanState.Of(ended), id = ended.ScanId;
        bool wasAborted = ended.IsDeleted || state.StartsWith("ABORTED", StringComparison.Ordinal);
        return wasAborted
            ? new(ExitCodes.ScanAborted, $"Scan {id} was aborted ({state}); 'skydriver scan rescan {id}' makes it anew.")
            : new(ExitCodes.ScanFailed, $"Scan {id} failed ({state}): {(ended.Lifecycle.Failure ?? "no reason is known").TrimEnd('.')}. 'skydriver scan logs {id}' shows what happened, 'skydriver scan rescan {id}' makes it anew.");
    }
}
