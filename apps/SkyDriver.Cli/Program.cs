using System.CommandLine;
using SkyDriver.Cli;
using SkyDriver.Cli.Commands;
using SkyDriver.Cli.Commands.Fleet;

Output.NoticeReaders();
RootCommand root = new("Finds out where on the sky a neutrino came from.")
{
    ScanCommand.Create(),
    UpCommand.Create(),
    PlotCommand.Create(),
    ConvertCommand.Create(),
    ContoursCommand.Create(),
    AreasCommand.Create(),
    CompareCommand.Create(),
    InfoCommand.Create(),
    SimulateCommand.Create(),
    RecosCommand.Create(),
    PixelCommand.Create(),
    CalibrateCommand.Create(),
    LoginCommand.Create(),
    LoginCommand.CreateLogout(),
    DoctorCommand.Create(),
    CompletionCommand.Create(),
};
foreach (Command noun in FleetCommands.Create()) root.Add(noun);
return await CommandRunner.RunAsync(root, args);
