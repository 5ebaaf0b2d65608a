using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Serialization;
using SkyDriver.Client;
using SkyDriver.Contracts;

namespace SkyDriver.Cli.Commands;

/// <summary><c>skydriver doctor</c>: whether a service and all that it needs work, and what helps where they do not.</summary>
internal static class DoctorCommand
{
    /// <summary>Tokens and deadlines still hold with clocks this far apart, seconds.</summary>
    private const double NoticeableSkew = 2;

    /// <summary>From here on tokens are refused, seconds.</summary>
    private const double HarmfulSkew = 60;

    public static Command Create() => ServiceCommands.Of("doctor", """
        Checks a service and what it needs: api, sidecars, broker, store, schedulers, clocks and versions. Says OK, or what is
        wrong and what helps. Ends with 0 when nothing failed, with 1 when something did, with 5 when nobody answers.

        Examples:
          skydriver doctor
          skydriver doctor --server https://skydriver.example.org --json
        """, ServiceConnection.ServerOption(), [], async (parsed, client, output, interrupted) =>
    {
        List<Finding> findings = await ExamineAsync(client, interrupted);
        Report report = new(findings.Exists(f => f.State == SystemCheckState.Failed) ? SystemCheckState.Failed : SystemCheckState.Ok, Version, findings);
        if (output.IsJson) output.Write(report);
        else if (output.IsLines) output.WriteAll(findings);
        else Show(report);
        return report.State == SystemCheckState.Ok ? ExitCodes.Done : ExitCodes.Failed;
    });

    private static string Version { get; } = typeof(DoctorCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    private static async Task<List<Finding>> ExamineAsync(SkyDriverClient client, CancellationToken cancellationToken)
    {
        // Before anything that takes longer: without it there is nothing to be said.
        DateTimeOffset before = DateTimeOffset.UtcNow;
        SystemHealthV1 health = await client.GetSystemHealthAsync(cancellationToken);
        DateTimeOffset after = DateTimeOffset.UtcNow;
        List<Finding> findings = [new("", SystemCheckV1.Ok("api", "it answers"))];
        foreach (ServiceHealthV1 service in health.Services) findings.AddRange(service.Checks.Select(check => new Finding(service.App, check)));
        findings.AddRange(health.Services.Where(s => s.Time is not null).Select(s => new Finding(s.App, Clock(s.Time!.Value, before, after))));
        findings.Add(new("", Versions(health)));
        return findings;
    }

    /// <summary>A service read its clock at some moment between the question and the answer.</summary>
    private static SystemCheckV1 Clock(double time, DateTimeOffset before, DateTimeOffset after)
    {
        double early = Seconds(before) - time, late = time - Seconds(after), skew = Math.Max(0, Math.Max(early, late));
        string message = string.Create(CultureInfo.InvariantCulture, $"{skew:0.0} s apart from this machine's");
        return skew <= NoticeableSkew ? SystemCheckV1.Ok("clock", "agrees with this machine's")
            : new("clock", skew <= HarmfulSkew ? SystemCheckState.Warning : SystemCheckState.Failed, message, "Synchronise both machines' clocks, with chrony or another client of NTP.");
    }

    private static SystemCheckV1 Versions(SystemHealthV1 health)
    {
        string[] versions = [.. health.Services.Select(s => s.Version).OfType<string>().Append(Version).Distinct().Order(StringComparer.Ordinal)];
        if (versions.Length == 1) return SystemCheckV1.Ok("versions", $"all {versions[0]}");
        string each = string.Join(", ", health.Services.Where(s => s.Version is not null).Select(s => $"{s.App} {s.Version}").Append($"this command {Version}"));
        return new("versions", SystemCheckState.Warning, each, "Finish the upgrade, so that all have one version; docs/operations.md says in which order.");
    }

    private static void Show(Report report)
    {
        Output.Table([], report.Checks.Select(f => (IReadOnlyList<string>)[f.State == SystemCheckState.Ok ? "ok" : f.State.ToUpperInvariant(), f.Service == "" ? f.Name : $"{f.Name} of {f.Service}", f.Message]));
        foreach (Finding finding in report.Checks.Where(f => f.Remedy is not null)) Console.WriteLine($"{(finding.Service == "" ? finding.Name : $"{finding.Name} of {finding.Service}")}: {finding.Remedy}");
        Console.WriteLine(report.State == SystemCheckState.Ok ? "OK" : $"{report.Checks.Count(f => f.State == SystemCheckState.Failed)} checks failed");
    }

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    private sealed record Report(
        [property: JsonPropertyName("state")] string State,
        [property: JsonPropertyName("version")] string Version,
        [property: JsonPropertyName("checks")] IReadOnlyList<Finding> Checks);

    private sealed record Finding(
        [property: JsonPropertyName("service")] string Service,
        [property: JsonPropertyName("name")] string Name,
        [property: JsonPropertyName("state")] string State,
        [property: JsonPropertyName("message")] string Message,
        [property: JsonPropertyName("remedy")] string? Remedy)
    {
        public Finding(string service, SystemCheckV1 check)
            : this(service, check.Name, check.State, check.Message, check.Remedy)
        {
        }
    }
}
