using System.ComponentModel;
using System.Diagnostics;

namespace SkyDriver.Integration.Tests;

/// <summary>The machine's own Python.</summary>
internal static class Python
{
    /// <summary>A Python that has a module; the test is reported as skipped where there is none.</summary>
    public static string With(string module)
    {
        string? found = Find(module);
        Assert.SkipWhen(found is null, $"no python3 with {module} on this machine (Debian: python3-{module})");
        return found!;
    }

    /// <summary>Null where there is none.</summary>
    public static string? Find(string module)
    {
        foreach (string candidate in new[] { "python3", "/usr/bin/python3" })
        {
            try
            {
                using Process probe = Process.Start(new ProcessStartInfo(candidate, ["-c", $"import {module}"]) { RedirectStandardError = true })!;
                probe.WaitForExit();
                if (probe.ExitCode == 0) return candidate;
            }
            catch (Win32Exception)
            {
                // Not this one.
            }
        }

        return null;
    }
}
