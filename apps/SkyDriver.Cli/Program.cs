using System.CommandLine;
using SkyDriver.Cli;
using SkyDriver.Cli.Commands;

Output.NoticeReaders();
RootCommand root = new("Finds out where on the sky a neutrino came from.")
{
    ScanCommand.Create(),
    UpCommand.Create(),
    PlotCommand.Create(),
    SimulateCommand.Create(),
    LoginCommand.Create(),
    LoginCommand.CreateLogout(),
    CompletionCommand.Create(),
};
return await CommandRunner.RunAsync(root, args);
