using System.Globalization;
using SkyDriver.Components;
using SkyDriver.HtCondor.Jobs;
using SkyDriver.HtCondor.Settings;
using SkyDriver.HtCondor.Submissions;

namespace SkyDriver.HtCondor.Tools;

/// <summary>The tools of HTCondor as they are called for one place.</summary>
internal sealed class Toolbox(PlaceSettings place, LauncherSettings settings, ToolRunner runner, string? tokenFolder)
{
    public string Place => place.Name;

    /// <summary>Jobs in the queue.</summary>
    /// <exception cref="ComponentException">There is no answer, or none that can be read.</exception>
    public Task<IReadOnlyList<JobAd>> QueueAsync(string constraint, CancellationToken ct) =>
        JobsAsync("condor_q", [.. Address, "-allusers", "-constraint", constraint, "-json", "-attributes", JobAd.AttributeList], ct);

    /// <summary>Jobs that left the queue, the newest first.</summary>
    /// <param name="since">Reading ends at the first record for which this holds.</param>
    /// <param name="limit">Most jobs; null is all.</param>
    public Task<IReadOnlyList<JobAd>> HistoryAsync(string constraint, string since, int? limit, CancellationToken ct) =>
        JobsAsync("condor_history", [.. Address, "-constraint", constraint, "-since", since, "-scanlimit", Number(settings.HistoryScanLimit),
            .. limit is { } most ? ["-limit", Number(most)] : Array.Empty<string>(), "-json", "-attributes", JobAd.AttributeList], ct);

    /// <summary>Runs to its end or its time limit whatever becomes of the caller: half a submission helps nobody.</summary>
    /// <exception cref="ToolTimeoutException">Whether jobs were made is not known.</exception>
    public Task<ToolAnswer<string>> SubmitAsync(string folder) =>
        runner.RunAsync(Call("condor_submit", ["-terse", .. place.Spool ? ["-spool"] : Array.Empty<string>(), .. Address, SubmitDescription.FileName], settings.SubmitTimeout, folder), CancellationToken.None);

    /// <summary>Marks jobs for removal; what is not there is no fault.</summary>
    public async Task RemoveAsync(string constraint, CancellationToken ct)
    {
        ToolAnswer<string> answer = await TextAsync("condor_rm", [.. Address, "-constraint", constraint], ct);
        if (answer.ExitCode != 0 && !answer.Error.Contains("Couldn't find/remove all jobs", StringComparison.Ordinal)) throw Failed("condor_rm", answer);
    }

    /// <summary>Fetches the output of spooled jobs to the folders that they were submitted from.</summary>
    public async Task TransferAsync(string constraint, CancellationToken ct)
    {
        ToolAnswer<string> answer = await TextAsync("condor_transfer_data", [.. Address, "-constraint", constraint], ct);
        if (answer.ExitCode != 0) throw Failed("condor_transfer_data", answer);
    }

    private IEnumerable<string> Address => [.. place.Schedd is null ? Array.Empty<string>() : ["-name", place.Schedd], .. place.Collector is null ? Array.Empty<string>() : ["-pool", place.Collector]];

    private async Task<IReadOnlyList<JobAd>> JobsAsync(string tool, IEnumerable<string> arguments, CancellationToken ct)
    {
        try
        {
            ToolAnswer<JobAnswer> answer = await runner.RunAsync(Call(tool, arguments, settings.ToolTimeout), JobAdReader.ReadAsync, ct);
            if (answer.ExitCode != 0) throw ToolFaults.Exception(place.Name, tool, new(answer.ExitCode, answer.Error.Length > 0 ? answer.Error : answer.Output.Stray ?? ""));
            return answer.Output.Stray is { } stray ? throw ToolFaults.Exception(place.Name, ToolFault.Unreachable, $"{tool} gave no list of jobs: {ToolFaults.Reason(stray)}") : answer.Output.Jobs;
        }
        catch (ToolTimeoutException fault)
        {
            throw ToolFaults.Exception(place.Name, ToolFault.Unreachable, fault.Message);
        }
    }

    private async Task<ToolAnswer<string>> TextAsync(string tool, IEnumerable<string> arguments, CancellationToken ct)
    {
        try
        {
            return await runner.RunAsync(Call(tool, arguments, settings.ToolTimeout), ct);
        }
        catch (ToolTimeoutException fault)
        {
            throw ToolFaults.Exception(place.Name, ToolFault.Unreachable, fault.Message);
        }
    }

    private ComponentException Failed(string tool, ToolAnswer<string> answer) => ToolFaults.Exception(place.Name, tool, new(answer.ExitCode, answer.Error));

    private ToolCall Call(string tool, IEnumerable<string> arguments, TimeSpan limit, string? folder = null)
    {
        Dictionary<string, string> environment = new(StringComparer.Ordinal);
        if (place.ConfigurationFile is { } file) environment["CONDOR_CONFIG"] = file;
        if (tokenFolder is not null) environment["_CONDOR_SEC_TOKEN_DIRECTORY"] = tokenFolder;
        foreach ((string name, string value) in place.Configuration) environment[$"_CONDOR_{name}"] = value;
        return new(tool, [.. arguments], environment, folder, limit);
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
